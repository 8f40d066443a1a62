"""Many transfers in one request, as a program sees it."""

from __future__ import annotations

import pytest

from tests.unit.transaction_service.ledgers import limiting
from tests.unit.transaction_service.requests import code_of, post

BATCH = "/v1/transfers/batch"


def item(key, amount=10, payee="bob", **more):
    return {"idempotency_key": key, "payee": payee, "amount": amount, "currency": "EUR", **more}


def split(key, payees):
    """An item for so many people."""
    shares = [{"payee": f"payee-{number:03}", "amount": 1} for number in range(payees)]
    return {"idempotency_key": key, "payees": shares, "currency": "EUR"}


def send(front, items, **more):
    return post(front, BATCH, {"items": items, **more}, key=None)


def told(answer):
    """Each result's key, status, and code where it is a problem."""
    return [(r["idempotency_key"], r["status"], r.get("problem", {}).get("code")) for r in answer.json["results"]]


def test_each_item_is_answered_in_its_place_as_if_it_had_been_sent_alone(front, memory):
    answer = send(
        front,
        [
            item("a"),
            item("b", amount=0),
            item("c", payee="ann"),
            item("d", amount=500_000),
            item("e", hold_seconds=60),
            {"payee": "bob"},
            item("a"),
            item("a", amount=11),
            item(7),
        ],
    )
    assert answer.status_code == 200
    assert told(answer) == [
        ("a", 201, None),
        ("b", 400, "invalid_request"),
        ("c", 422, "same_account"),
        ("d", 422, "insufficient_funds"),
        ("e", 202, None),
        (None, 400, "invalid_request"),
        ("a", 201, None),
        ("a", 422, "idempotency_key_reused"),
        (None, 400, "invalid_request"),
    ]
    first, again = answer.json["results"][0], answer.json["results"][6]
    assert (first["replayed"], again["replayed"]) == (False, True)
    assert again["transfer"] == first["transfer"]
    assert memory.book.posted("bob") == 100_010


def test_a_batch_sent_again_is_booked_once(front, memory):
    items = [item(f"k-{n}") for n in range(5)]
    first, again = send(front, items), send(front, items)
    assert [r["transfer"] for r in again.json["results"]] == [r["transfer"] for r in first.json["results"]]
    assert all(result["replayed"] for result in again.json["results"])
    assert memory.book.posted("bob") == 100_050


def test_an_items_key_is_the_same_key_as_in_a_request_of_its_own(front, memory):
    send(front, [item("k-1")])
    alone = {name: value for name, value in item("k-1").items() if name != "idempotency_key"}
    answer = post(front, "/v1/transfers", alone, key="k-1")
    assert (answer.status_code, answer.headers["Idempotent-Replayed"]) == (201, "true")


@pytest.mark.parametrize(
    "body",
    [
        {"items": []},
        {"items": [1]},
        {"items": {}},
        {},
        {"items": [item("a")], "atomic": 1},
        {"items": [item("a")], "more": True},
        {"items": [item(f"k-{n}") for n in range(301)], "atomic": True},
        {"items": [split(f"k-{n}", 100) for n in range(11)], "atomic": True},
        {"items": [{}] * 8_001},
    ],
    ids=[
        *("empty", "no objects", "no list", "nothing", "atomic", "unknown field"),
        *("atomic and long", "atomic and wide", "too long"),
    ],
)
def test_an_envelope_that_is_none_is_refused_whole(front, memory, body):
    before = len(memory.book.records)
    assert code_of(post(front, BATCH, body, key=None)) == (400, "invalid_request")
    assert len(memory.book.records) == before


def test_eight_thousand_items_fit_and_only_a_thousand_are_in_flight(front, memory):
    memory.book.ask(limiting(1, "account-ann-EUR", per_minute=10_000))
    memory.book.decide = only_counts(memory.book.decide)
    answer = send(front, [item(f"2f8f6f2a-5d0e-4c55-9d3b-{n:012}", note="x" * 200) for n in range(8_000)])
    assert len(answer.json["results"]) == 8_000
    assert memory.flying_most <= 1_000


def test_what_is_in_flight_is_counted_by_payees(front, memory):
    memory.book.decide = only_counts(memory.book.decide)
    answer = send(front, [split(f"k-{n}", 100) for n in range(40)])
    assert len(answer.json["results"]) == 40
    assert memory.flying_most == 10


def only_counts(decide):
    """Eight thousand decisions in memory would take long, each on a copy of the ledger: one in a hundred is decided."""
    calls = iter(range(10_000))
    last = []

    def decide_some(command):
        if next(calls) % 100 == 0:
            last[:] = [decide(command)]
        return last[0]

    return decide_some


def test_a_batch_of_more_than_four_mebibytes_is_refused(front):
    answer = send(front, [item("a", note="x" * (4 << 20))])
    assert code_of(answer) == (413, "body_too_large")


def test_when_the_ledger_stops_to_answer_the_rest_is_told_so_and_the_keys_tell_later(front, memory):
    items = [item(f"k-{n}") for n in range(450)]
    memory.book.ask(limiting(1, "account-ann-EUR", per_minute=10_000))
    memory.room = 3
    answer = send(front, items)
    assert [status for _, status, _ in told(answer)] == [201] * 3 + [503] * 447
    assert answer.json["results"][3]["problem"]["code"] == "ledger_unavailable"
    assert memory.flying_most <= 1_000


def test_an_atomic_batch_is_booked_whole_and_sent_again_is_the_same(front, memory):
    items = [item("a"), item("b", amount=20)]
    first, again = send(front, items, atomic=True), send(front, items, atomic=True)
    assert (first.status_code, told(first)) == (201, [("a", 201, None), ("b", 201, None)])
    assert again.status_code == 201
    assert [r["replayed"] for r in again.json["results"]] == [True, True]
    assert memory.book.posted("bob") == 100_030


def test_nothing_of_a_refused_atomic_batch_is_told_as_booked_though_its_key_stands_twice(front, memory):
    answer = send(front, [item("a"), item("a"), item("b", amount=500_000)], atomic=True)
    assert code_of(answer) == (422, "batch_rejected")
    assert told(answer) == [("a", 424, "not_booked"), ("a", 424, "not_booked"), ("b", 422, "insufficient_funds")]
    assert memory.book.posted("bob") == 100_000


@pytest.mark.parametrize(
    ("bad", "told_of_it"),
    [
        (item("b", amount=500_000), ("b", 422, "insufficient_funds")),
        (item("b", amount=0), ("b", 400, "invalid_request")),
        (item("b", payee="ann"), ("b", 422, "same_account")),
    ],
    ids=["rejected", "malformed", "to oneself"],
)
def test_of_an_atomic_batch_with_one_bad_item_nothing_is_booked_and_no_key_used(front, memory, bad, told_of_it):
    answer = send(front, [item("a"), bad], atomic=True)
    assert code_of(answer) == (422, "batch_rejected")
    assert told(answer) == [("a", 424, "not_booked"), told_of_it]
    assert memory.book.posted("ann") == 100_000
    assert send(front, [item("a"), item("b")], atomic=True).status_code == 201


def test_an_atomic_batch_whose_outcome_is_unknown_is_a_503(front, memory):
    memory.away = True
    answer = send(front, [item("a")], atomic=True)
    assert code_of(answer) == (503, "ledger_unavailable")
    assert int(answer.headers["Retry-After"]) > 0
