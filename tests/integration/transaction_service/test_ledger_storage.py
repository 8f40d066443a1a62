"""The writer's transaction on a real MongoDB."""

from __future__ import annotations

import time

import pytest
from pymongo.errors import PyMongoError

from tests.unit.transaction_service.ledgers import NOW, a_ledger, following, later, opening, paying
from transaction_service.domain import Outcome
from transaction_service.storage.collections import LEASE_ID
from transaction_service.storage.lease import LEASE_SECONDS, LeaseKeeper, LeaseLostError

pytestmark = pytest.mark.usefixtures("people")


def balances(reader):
    return {account.username: account.posted for account in reader.each_account() if account.username}


def test_a_commit_is_read_by_the_readers(ledger, lease, reader):
    answer = ledger.commit(lease, [paying(1, "ann", "bob", 1_250)], NOW).answers[0]
    assert balances(reader) == {"ann": 98_750, "bob": 101_250}
    assert reader.journal(after=5, limit=9)[0]["command_id"] == answer.body["id"]


def test_the_store_decides_as_the_pure_function_does(ledger, lease, reader):
    commands = [
        paying(1, "ann", "bob", 10, key="k"),
        paying(2, "ann", "bob", 10, key="k"),
        paying(3, "ann", "bob", 11, key="k"),
        paying(4, "bob", "nobody", 10),
        paying(5, "bob", "ann", 500_000),
        paying(6, "cem", "ann", 1),
    ]
    in_memory = a_ledger("ann", "bob").decide(*commands)
    stored = ledger.commit(lease, commands, NOW)
    assert [a.outcome for a in stored.answers] == [a.outcome for a in in_memory.answers]
    assert [a.body for a in stored.answers] == [a.body for a in in_memory.answers]


def test_a_saved_answer_is_given_again_byte_for_byte(ledger, lease):
    first = ledger.commit(lease, [paying(1, "ann", "bob", 10, key="k")], NOW).answers[0]
    again = ledger.commit(lease, [paying(2, "ann", "bob", 10, key="k")], NOW).answers[0]
    assert list(again.body.items()) == list(first.body.items())
    assert again.replayed


def test_the_summary_counts_what_was_decided(ledger, lease, reader):
    ledger.commit(lease, [paying(1, "ann", "bob", 10), paying(2, "ann", "nobody", 10)], NOW)
    found = reader.summary()
    assert (found.head, found.outcomes, found.totals) == (7, {"opened": 3, "posted": 3, "rejected": 1}, {"EUR": 0})


def test_a_second_account_under_the_same_username_writes_nothing(ledger, lease, reader):
    before = reader.head()
    twin = opening(900, "ann")
    twin = type(twin)(**{f: getattr(twin, f) for f in twin.__slots__} | {"account": "other", "user_id": "other"})
    with pytest.raises(PyMongoError):
        ledger.commit(lease, [paying(1, "ann", "bob", 10), twin], NOW)
    assert reader.head() == before
    assert balances(reader)["ann"] == 100_000


def test_the_lease_is_free_at_once_when_its_holder_gave_it_back(collections, keeper, lease):
    keeper.release(lease)
    taken = LeaseKeeper(collections, "writer-2", time.monotonic).try_acquire()
    assert taken is not None
    assert (taken.epoch, taken.head, taken.took_over) == (lease.epoch + 1, 5, False)


def test_the_lease_of_a_living_writer_is_not_taken(collections, keeper, lease):
    clock = iter(range(0, 100, 1))
    standby = LeaseKeeper(collections, "writer-2", lambda: next(clock))
    for _ in range(3):
        assert standby.try_acquire() is None
        keeper.beat(lease)


def taken_over(collections):
    """Another writer's lease, after writer-1 fell silent."""
    now = [0.0]
    standby = LeaseKeeper(collections, "writer-2", lambda: now[0])
    assert standby.try_acquire() is None
    now[0] += LEASE_SECONDS
    held = standby.try_acquire()
    assert held is not None
    assert held.took_over
    return held


def test_a_writer_that_was_overtaken_can_neither_commit_nor_beat(collections, ledger, keeper, lease, reader):
    taken_over(collections)
    with pytest.raises(LeaseLostError):
        ledger.commit(lease, [paying(1, "ann", "bob", 10)], NOW)
    with pytest.raises(LeaseLostError):
        keeper.beat(lease)
    assert balances(reader) == {"ann": 100_000, "bob": 100_000}


def test_a_transaction_left_open_does_not_keep_the_successor_waiting(collections, lease, ledger):
    session = lease.session
    session.start_transaction()
    collections.control.update_one({"_id": LEASE_ID}, {"$inc": {"beat": 1}}, session=session)
    successor = taken_over(collections)
    answer = ledger.commit(successor, [paying(1, "ann", "bob", 10)], NOW).answers[0]
    assert answer.outcome is Outcome.POSTED
    with pytest.raises(PyMongoError):
        session.commit_transaction()


def test_a_refund_is_known_and_can_not_be_paid_back(ledger, lease, prove):
    payment = ledger.commit(lease, [paying(1, "ann", "bob", 10)], NOW).answers[0].body["id"]
    refund = ledger.commit(lease, [following(1, "refund", payment, "bob")], NOW).answers[0].body["id"]
    again = ledger.commit(lease, [following(2, "refund", refund, "ann")], NOW).answers[0]
    assert (again.outcome, again.body["reason"]) == (Outcome.REJECTED, "not_refundable")
    assert prove().findings == []


def test_scheduled_transfers_are_counted_until_their_end(ledger, lease, reader, prove):
    plans = [paying(number, "ann", "bob", 1, execute_at=later(days=1)) for number in (1, 2)]
    made = ledger.commit(lease, plans, NOW).answers
    ledger.commit(lease, [following(1, "void", made[0].body["id"], "ann")], NOW)
    assert {account.username: account.plans for account in reader.each_account() if account.username} == {
        "ann": 1,
        "bob": 0,
    }
    assert prove().findings == []
