"""Holds that expire and scheduled transfers that are executed, by the loop that looks for them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from prometheus_client import CollectorRegistry
from pymongo.errors import PyMongoError

from service_kit.process import Progress
from tests.unit.transaction_service.ledgers import NOW, granting, holding, later, limiting, opening, paying, splitting
from transaction_service.due import DueLoop
from transaction_service.metrics import DueMetrics
from transaction_service.protocol import decode_reply, encode_answer
from transaction_service.storage.due import MongoDueTransfers


class Door:
    """Decides at once what is submitted, on MongoDB."""

    def __init__(self, ledger, lease):
        self.now = NOW
        self._ledger, self._lease = ledger, lease

    def submit(self, command):
        answer = self._ledger.commit(self._lease, [command], self.now).answers[0]
        return decode_reply(encode_answer(1, answer))[1]

    def wait(self, reply):
        return reply


@pytest.fixture
def door(ledger, lease, people):
    return Door(ledger, lease)


@pytest.fixture
def registry():
    return CollectorRegistry()


@pytest.fixture
def loop(door, collections, registry):
    return DueLoop(door, MongoDueTransfers(collections), DueMetrics(registry), Progress(), lambda: door.now)


def account(reader, username):
    return next(account for account in reader.each_account() if account.username == username)


def test_nothing_happens_before_its_time(loop, door, collections):
    door.submit(holding(1, "ann", "bob", 500))
    before = collections.journal.count_documents({})
    assert loop.settle() is False
    assert collections.journal.count_documents({}) == before


def test_a_hold_expires_and_a_scheduled_transfer_is_executed_once(loop, door, reader, registry):
    door.submit(holding(1, "ann", "bob", 500))
    door.submit(paying(2, "ann", "bob", 300, execute_at=later(minutes=30)))
    door.now += timedelta(hours=2)
    for _ in range(3):
        loop.settle()
    ann, bob = account(reader, "ann"), account(reader, "bob")
    assert (ann.posted, ann.pending_out, bob.posted, bob.pending_in) == (99_700, 0, 100_300, 0)
    settled = "ledger_due_transfers_settled_total"
    assert registry.get_sample_value(settled, {"outcome": "expired"}) == 1
    assert registry.get_sample_value(settled, {"outcome": "posted"}) == 1


def test_amounts_beyond_32_bits_come_back_from_the_store_as_they_went(loop, door, ledger, lease, reader):
    millions = 5_000_000_000
    ledger.commit(lease, [opening(102, "cem"), granting(202, "cem", millions)], NOW)
    limits = dict.fromkeys(("per_transfer", "per_day", "per_payee", "new_payee"), 2 * millions)
    ledger.commit(lease, [limiting(1, "account-cem-EUR", **limits)], NOW)
    door.submit(holding(1, "cem", "bob", millions))
    door.submit(paying(2, "cem", "bob", millions, execute_at=later(hours=2)))
    door.now += timedelta(hours=3)
    loop.settle()
    assert (account(reader, "cem").posted, account(reader, "bob").posted) == (0, 100_000 + millions)


def test_how_long_the_oldest_has_waited_is_told(loop, door, registry):
    door.submit(holding(1, "ann", "bob", 500))
    door.now += timedelta(hours=1, seconds=90)
    loop.settle()
    assert registry.get_sample_value("ledger_due_transfers_overdue_seconds") == 90
    loop.settle()
    assert registry.get_sample_value("ledger_due_transfers_overdue_seconds") == 0


def test_without_mongodb_it_stays_due(door, registry):
    class Away:
        def due(self, at, limit):
            raise PyMongoError("away")

    with pytest.raises(PyMongoError):
        DueLoop(door, Away(), DueMetrics(registry), Progress(), lambda: NOW).settle()


def test_how_many_are_paid_is_told_with_what_is_due(ledger, lease, people, collections):
    ledger.commit(lease, [opening(300, "cem")], NOW)
    plan = splitting(1, "ann", {"bob": 700, "cem": 300}, execute_at=later(hours=1))
    id = ledger.commit(lease, [plan], NOW).answers[0].body["id"]
    (due,) = MongoDueTransfers(collections).due(later(hours=2), 9)
    assert (due.id, due.status, due.payees) == (id, "scheduled", 2)
