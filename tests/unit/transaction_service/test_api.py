"""The API as a program sees it."""

from __future__ import annotations

import pytest

GOOD = {"payee": "bob", "amount": 1_250, "currency": "EUR"}


def send(front, body=None, *, who="ann", key="k-1", **options):
    headers = {"Authorization": f"Bearer {who}"} | ({"Idempotency-Key": key} if key is not None else {})
    if "data" not in options:
        options["json"] = GOOD if body is None else body
    return front.post("/v1/transfers", headers=headers | options.pop("headers", {}), **options)


def get(front, path, who="ann"):
    return front.get(path, headers={"Authorization": f"Bearer {who}"})


def test_a_transfer_is_posted(front):
    answer = send(front)
    assert answer.status_code == 201
    assert answer.json["status"] == "posted"
    assert answer.json["balance_after"] == 98_750


def test_the_same_key_and_body_give_the_same_answer_marked_as_replayed(front, memory):
    first, again = send(front), send(front)
    assert again.data == first.data
    assert (first.headers.get("Idempotent-Replayed"), again.headers["Idempotent-Replayed"]) == (None, "true")
    assert memory.book.posted("bob") == 101_250


def test_a_rejection_is_replayed_like_a_success(front):
    body = {**GOOD, "amount": 500_000}
    first, again = send(front, body), send(front, body)
    assert (first.status_code, first.json["code"]) == (422, "insufficient_funds")
    assert (again.status_code, again.json["transfer"]) == (422, first.json["transfer"])
    assert again.headers["Idempotent-Replayed"] == "true"


def test_the_same_key_for_another_body_is_refused(front):
    send(front)
    answer = send(front, {**GOOD, "amount": 1})
    assert (answer.status_code, answer.json["code"]) == (422, "idempotency_key_reused")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({**GOOD, "payee": "nobody"}, "unknown_payee"),
        ({**GOOD, "currency": "USD"}, "currency_mismatch"),
        ({**GOOD, "payee": "ann"}, "same_account"),
        ({**GOOD, "payee": " ANN "}, "same_account"),
    ],
    ids=["nobody", "another currency", "oneself", "oneself, spelt differently"],
)
def test_what_the_ledger_decides_against_is_a_422_with_its_reason(front, memory, body, code):
    answer = send(front, body)
    assert (answer.status_code, answer.json["code"], answer.mimetype) == (422, code, "application/problem+json")
    assert memory.book.posted("ann") == 100_000


@pytest.mark.parametrize(
    ("options", "status", "code"),
    [
        ({"body": {**GOOD, "amount": 0}}, 400, "invalid_request"),
        ({"body": {**GOOD, "amount": -5}}, 400, "invalid_request"),
        ({"body": {**GOOD, "amount": 1.5}}, 400, "invalid_request"),
        ({"body": {**GOOD, "amount": 1.0}}, 400, "invalid_request"),
        ({"body": {**GOOD, "amount": "1"}}, 400, "invalid_request"),
        ({"body": {**GOOD, "amount": True}}, 400, "invalid_request"),
        ({"body": {**GOOD, "amount": None}}, 400, "invalid_request"),
        ({"body": {**GOOD, "amount": 2**53}}, 400, "invalid_request"),
        ({"body": {**GOOD, "payee": {"$gt": ""}}}, 400, "invalid_request"),
        ({"body": {**GOOD, "payee": ""}}, 400, "invalid_request"),
        ({"body": {**GOOD, "payee": "   "}}, 400, "invalid_request"),
        ({"body": {**GOOD, "currency": "XQX"}}, 400, "invalid_request"),
        ({"body": {**GOOD, "currency": ["EUR"]}}, 400, "invalid_request"),
        ({"body": {**GOOD, "note": "x" * 201}}, 400, "invalid_request"),
        ({"body": {**GOOD, "surprise": 1}}, 400, "invalid_request"),
        ({"body": {"payee": "bob"}}, 400, "invalid_request"),
        ({"body": []}, 400, "invalid_request"),
        ({"data": b'{"amount": NaN}', "content_type": "application/json"}, 400, "malformed_json"),
        ({"data": b'{"payee": "\xff"}', "content_type": "application/json"}, 400, "malformed_json"),
        ({"data": b"[" * 5_000, "content_type": "application/json"}, 400, "malformed_json"),
        ({"data": b'{"amount": 1e999}', "content_type": "application/json"}, 400, "malformed_json"),
        ({"data": b"", "content_type": "application/json"}, 400, "malformed_json"),
        ({"data": b"payee=bob", "content_type": "application/x-www-form-urlencoded"}, 415, "unsupported_media_type"),
        ({"data": b" " * 70_000, "content_type": "application/json"}, 413, "body_too_large"),
        ({"key": None}, 400, "idempotency_key_missing"),
        ({"key": "x" * 129}, 400, "idempotency_key_invalid"),
        ({"key": "with space"}, 400, "idempotency_key_invalid"),
        ({"key": "k-1,k-2"}, 400, "idempotency_key_invalid"),
        ({"who": "expired"}, 401, "token_expired"),
        ({"who": "a.b.c"}, 401, "token_invalid"),
        ({"who": "ann!read"}, 403, "scope_missing"),
        ({"body": {**GOOD, "payer_account": "account-bob-EUR"}}, 403, "not_your_account"),
        ({"body": {**GOOD, "payer_account": "no-such-account"}}, 403, "not_your_account"),
        ({"who": "stranger"}, 409, "no_account"),
    ],
)
def test_a_bad_request_is_a_clear_problem_and_consumes_no_key(front, memory, options, status, code):
    before = len(memory.book.records)
    answer = send(front, **options)
    assert (answer.status_code, answer.json["code"], answer.mimetype) == (status, code, "application/problem+json")
    assert len(memory.book.records) == before


def test_a_request_without_a_token_is_asked_for_one(front):
    answer = front.post("/v1/transfers", json=GOOD)
    assert (answer.status_code, answer.json["code"]) == (401, "token_missing")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_while_the_ledger_is_away_nothing_is_claimed(front, memory):
    memory.away = True
    answer = send(front)
    assert (answer.status_code, answer.json["code"]) == (503, "ledger_unavailable")
    assert int(answer.headers["Retry-After"]) > 0


def test_accounts_show_what_may_be_spent(front):
    (account,) = get(front, "/v1/accounts").json["accounts"]
    assert (account["currency"], account["available"]) == ("EUR", 100_000)


def test_the_events_of_the_journal_are_those_that_are_published(front, memory):
    body = get(front, "/v1/journal/events?after=1&limit=2", who="proof!read").json
    assert body == {"head": len(memory.book.records), "events": [record.event for record in memory.book.records[1:3]]}


@pytest.mark.parametrize("path", ["/v1/ledger/summary", "/v1/journal", "/v1/journal/events", "/v1/ledger/stretch"])
def test_the_whole_ledger_is_for_services_alone(front, path):
    assert get(front, path).json["code"] == "scope_missing"
    assert get(front, path, who="proof!read").status_code == 200
    assert get(front, path, who="proof!republish").json["code"] == "scope_missing"
