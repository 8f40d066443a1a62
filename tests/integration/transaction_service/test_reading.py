"""What people and programs read of the ledger, on a real MongoDB."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service_kit.principal import Principal
from tests.unit.transaction_service.ledgers import (
    NOW,
    following,
    granting,
    holding,
    later,
    opening,
    opening_the_world,
    paying,
    splitting,
)
from transaction_service.storage.history import MongoHistory, MongoMoments, MongoStatements, begun_for
from transaction_service.storage.lease import LeaseKeeper
from transaction_service.use_cases import Filter, Histories, UnknownAccount

ANN = "account-ann-EUR"


@pytest.fixture
def histories(collections, reader) -> Histories:
    return Histories(reader, MongoHistory(collections), MongoStatements(collections), MongoMoments(collections))


@pytest.fixture
def ask(ledger, lease, people):
    """Commits one command a minute, from NOW on; its answer's body."""
    clock = iter(range(10_000))

    def commit(command):
        return ledger.commit(lease, [command], NOW + timedelta(minutes=next(clock))).answers[0].body

    return commit


def amounts(page):
    return [transfer["amount"] for transfer in page.transfers]


def test_history_is_paged_by_where_transfers_began(histories, ask):
    for number in range(1, 6):
        ask(paying(number, "ann", "bob", number))
    first = histories.page("user-ann", Filter(), None, 4)
    rest = histories.page("user-ann", Filter(), first.next_before, 4)
    assert (amounts(first), amounts(rest), rest.next_before) == ([5, 4, 3, 2], [1, 100_000], None)


def test_a_hold_is_one_row_as_it_is_now(histories, ask):
    hold = ask(holding(1, "ann", "bob", 500))["id"]
    ask(paying(2, "ann", "bob", 7))
    ask(following(1, "capture", hold, "bob", 300))
    newer, captured, _ = histories.page("user-ann", Filter(), None, 9).transfers
    assert newer["amount"] == 7
    assert (captured["id"], captured["status"], captured["amount"], captured["held"]) == (hold, "posted", 300, 500)
    assert captured["balance_after"] == 99_693
    ask(following(2, "refund", hold, "bob", 100))
    assert [t["type"] for t in histories.page("user-ann", Filter(type="refund"), None, 9).transfers] == ["refund"]
    found = histories.transfer("user-bob", hold)
    assert (found["refunded"], [step["outcome"] for step in found["steps"]]) == (
        100,
        ["pending", "captured", "refunded"],
    )


def test_each_side_sees_its_own_refused_attempts_at_a_hold_and_the_latest_of_them(histories, collections, ask):
    hold = ask(holding(1, "ann", "bob", 500))["id"]
    ask(following(1, "void", hold, "ann"))
    tried = [ask(following(number, "capture", hold, "bob"))["position"] for number in range(2, 7)]
    steps = MongoHistory(collections).steps(hold, ["account-bob-EUR"], 3)
    assert [step["outcome"] for step in steps] == ["pending", "voided", "rejected", "rejected", "rejected"]
    assert [step["_id"] for step in steps[2:]] == tried[-3:]
    assert [step["outcome"] for step in histories.transfer("user-ann", hold)["steps"]] == ["pending", "voided"]


def test_the_transfer_that_a_key_has_made_is_found_for_its_owner_alone(histories, ask):
    hold = ask(holding(1, "ann", "bob", 500, key="k-1"))["id"]
    ask(following(1, "void", hold, "ann", key="user-ann/k-2"))
    ann, bob = (Principal(f"user-{name}", name, ("user",), frozenset(), "s-1") for name in ("ann", "bob"))
    assert [histories.made_with(ann, key) for key in ("k-1", "k-2", "k-3")] == [hold, None, None]
    assert histories.made_with(bob, "k-1") is None


def test_a_payee_of_a_split_sees_their_own_part_alone(histories, ask, ledger, lease):
    ledger.commit(lease, [opening(300, "cem")], NOW)
    split = ask(splitting(1, "ann", {"bob": 700, "cem": 300}))["id"]
    seen = histories.transfer("user-cem", split)
    assert (seen["amount"], [payee["username"] for payee in seen["payees"]]) == (300, ["cem"])
    assert histories.transfer("user-ann", split)["amount"] == 1_000


def test_rejected_and_scheduled_transfers_are_their_payers_alone(histories, ask):
    rejected = ask(paying(1, "ann", "bob", 500_000))["id"]
    scheduled = ask(paying(2, "ann", "bob", 5, execute_at=later(days=9)))["id"]
    for id in (rejected, scheduled):
        assert histories.transfer("user-ann", id) is not None
        assert histories.transfer("user-bob", id) is None


def test_a_scheduled_transfer_is_its_payees_too_once_it_is_executed(histories, ask):
    scheduled = ask(paying(1, "ann", "bob", 5, execute_at=later(seconds=30)))["id"]
    ask(paying(2, "ann", "bob", 7))
    ask(following(1, "execute", scheduled, None))
    assert amounts(histories.page("user-ann", Filter(), None, 9)) == [7, 5, 100_000]
    assert amounts(histories.page("user-bob", Filter(), None, 9)) == [5, 7, 100_000]
    seen = histories.transfer("user-bob", scheduled)
    assert (seen["status"], seen["direction"], seen["balance_after"]) == ("posted", "in", 100_012)
    assert [step["outcome"] for step in seen["steps"]] == ["posted"]
    ask(following(2, "refund", scheduled, "bob", 2))
    assert histories.transfer("user-bob", scheduled)["refunded"] == 2
    assert histories.transfer("user-cem", scheduled) is None


def test_a_scheduled_transfer_that_was_refused_stays_its_payers_alone(histories, ask):
    scheduled = ask(paying(1, "ann", "bob", 500_000, execute_at=later(seconds=30)))["id"]
    ask(following(1, "execute", scheduled, None))
    assert histories.transfer("user-bob", scheduled) is None
    assert amounts(histories.page("user-bob", Filter(), None, 9)) == [100_000]
    assert amounts(histories.page("user-ann", Filter(status="rejected"), None, 9)) == [500_000]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Filter(counterparty="bob"), [3, 500_000, 20, 1]),
        (Filter(counterparty="nobody"), []),
        (Filter(min_amount=3, max_amount=20), [3, 20]),
        (Filter(status="pending"), [20]),
        (Filter(status="rejected"), [500_000]),
        (Filter(type="grant"), [100_000]),
        (Filter(text="LUNCH (a.b)"), [3]),
        (Filter(from_=NOW + timedelta(minutes=1), to=NOW + timedelta(minutes=3)), [500_000, 20]),
        (Filter(to=NOW), []),
    ],
    ids=str,
)
def test_history_is_filtered(histories, ask, wanted, expected):
    ask(paying(1, "ann", "bob", 1))
    ask(holding(2, "ann", "bob", 20))
    ask(paying(3, "ann", "bob", 500_000, note="too much"))
    ask(paying(4, "ann", "bob", 3, note="for lunch (a.b)"))
    found = amounts(histories.page("user-ann", wanted, None, 20))
    assert found == expected


def test_somebody_elses_account_is_unknown(histories, ask):
    with pytest.raises(UnknownAccount):
        histories.page("user-ann", Filter(account="account-bob-EUR"), None, 9)
    with pytest.raises(UnknownAccount):
        histories.statement("user-bob", ANN, NOW, NOW, None, 9)
    with pytest.raises(UnknownAccount):
        histories.statement_lines("user-bob", ANN, NOW, NOW)


def test_a_balance_is_known_at_any_moment(histories, ask):
    for number in range(1, 4):
        ask(paying(number, "ann", "bob", 10))
    at = [histories.balance_at("user-ann", ANN, NOW + timedelta(minutes=minute)) for minute in (-1, 0, 1, 2, 99)]
    assert at == [0, 99_990, 99_980, 99_970, 99_970]


def test_a_statement_has_the_periods_balances_whichever_page_is_shown(histories, ask):
    for number in range(1, 8):
        ask(paying(number, "ann", "bob", number))
    from_, to = NOW + timedelta(minutes=2), NOW + timedelta(minutes=5)
    first = histories.statement("user-ann", ANN, from_, to, None, 2)
    second = histories.statement("user-ann", ANN, from_, to, first.next_after, 2)
    assert (first.opening, first.closing, first.entries) == (99_997, 99_985, 3)
    assert [line["amount"] for line in first.lines + second.lines] == [-3, -4, -5]
    assert (second.opening, second.closing, second.next_after) == (99_997, 99_985, None)


def test_an_empty_period_closes_as_it_opens(histories, ask):
    ask(paying(1, "ann", "bob", 1))
    late = histories.statement("user-ann", ANN, NOW + timedelta(days=1), NOW + timedelta(days=2), None, 9)
    early = histories.statement("user-ann", ANN, NOW - timedelta(days=2), NOW - timedelta(days=1), None, 9)
    assert (late.opening, late.closing, late.lines, early.opening, early.closing) == (99_999, 99_999, [], 0, 0)


PAYMENTS = st.lists(st.tuples(st.booleans(), st.integers(min_value=1, max_value=300)), max_size=12)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(PAYMENTS, st.integers(min_value=-2, max_value=14), st.integers(min_value=0, max_value=14))
def test_a_statements_lines_sum_to_what_its_balances_differ_by(collections, ledger, reader, payments, begin, length):
    for name in ("journal", "accounts", "transfers", "paid"):
        collections.database[name].delete_many({})
    collections.control.update_one({"_id": "writer"}, {"$set": {"head": 0, "holder": None}})
    histories = histories_of(collections, reader, ledger, payments)
    from_, to = NOW + timedelta(minutes=begin), NOW + timedelta(minutes=begin + length)
    found = histories.statement("user-ann", ANN, from_, to, None, 100)
    assert sum(line["amount"] for line in found.lines) == found.closing - found.opening
    assert found.lines == list(histories.statement_lines("user-ann", ANN, from_, to))
    assert len(found.lines) == found.entries


def histories_of(collections, reader, ledger, payments):
    """A ledger of its own on which ann and bob pay each other, one payment a minute."""
    lease = LeaseKeeper(collections, "writer-1", time.monotonic).try_acquire()
    people = [opening(100, "ann"), granting(200, "ann"), opening(101, "bob"), granting(201, "bob")]
    ledger.commit(lease, [opening_the_world(1), *people], NOW - timedelta(minutes=1))
    for number, (out, amount) in enumerate(payments):
        payer, payee = ("ann", "bob") if out else ("bob", "ann")
        ledger.commit(lease, [paying(number, payer, payee, amount)], NOW + timedelta(minutes=number))
    return Histories(reader, MongoHistory(collections), MongoStatements(collections), MongoMoments(collections))


@pytest.mark.parametrize(
    "query",
    [
        begun_for([ANN, "account-bob-EUR"], {"$gt": 0}),
        {"parties": {"$in": [ANN]}, "of": "x", "body.id": {"$ne": "x"}},
        {"parties": {"$in": [ANN]}, "original": "x", "of": {"$exists": False}},
        {"parties": ANN, "_id": {"$lte": 9}, "entries.account": ANN},
    ],
    ids=["rows", "steps", "refunds", "entries"],
)
def test_every_reading_is_by_an_index(collections, ask, query):
    plan = collections.journal.find(query).sort("_id", -1).explain()["queryPlanner"]["winningPlan"]
    assert "IXSCAN" in str(plan)
    assert "COLLSCAN" not in str(plan)
    assert "'SORT'" not in str(plan)


@pytest.mark.parametrize(
    "query",
    [
        {"username": {"$in": ["ann", "bob"]}},
        {"$or": [{"username": {"$in": ["ann", "bob"]}}, {"_id": {"$in": [ANN]}}]},
        {"username": "ann", "purpose": "main"},
        {"user_id": "user-ann"},
    ],
    ids=["usernames", "usernames or ids", "payee", "owner"],
)
def test_every_account_is_found_by_an_index(collections, people, query):
    plan = str(collections.accounts.find(query).explain()["queryPlanner"]["winningPlan"])
    assert "IXSCAN" in plan
    assert "COLLSCAN" not in plan
