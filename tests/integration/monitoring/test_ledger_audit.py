"""The audit of a ledger that the real writer writes into a real MongoDB, as the user that may only read there."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from bson import ObjectId
from prometheus_client import CollectorRegistry
from pymongo.errors import OperationFailure

from monitoring import storage
from monitoring.audit.job import Bounds, LedgerAudit
from monitoring.audit.ledger_reading import LedgerNotSetUp, LedgerReader
from monitoring.metrics import AuditMetrics
from service_kit import mongo
from service_kit.clock import SystemClock
from tests.unit.transaction_service.ledgers import granting, opening, opening_the_world, paying
from tests.waiting import eventually
from transaction_service.storage.collections import Collections
from transaction_service.storage.lease import LeaseKeeper
from transaction_service.storage.ledger import MongoLedger

NOW = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)
PEOPLE = ("ann", "bob", "cem", "dan")


@pytest.fixture
def collections(mongo_url) -> Iterator[Collections]:
    """The ledger's, empty, with the writer's user."""
    client = mongo.connect(mongo_url("transaction_service"), "test")
    made = Collections(client)
    for collection in (made.journal, made.accounts, made.transfers, made.paid, made.control):
        collection.drop()
    yield made
    for collection in (made.journal, made.accounts, made.transfers, made.paid, made.control):
        collection.drop()
    client.close()


@pytest.fixture
def commit(collections):
    """The writer: commits commands as one batch. Four people have EUR 1,000.00 each, at positions 1 to 9."""
    collections.set_up()
    lease = LeaseKeeper(collections, "writer-1", time.monotonic).try_acquire()
    assert lease is not None
    ledger = MongoLedger(collections)
    openings = [opening(100 + number, name) for number, name in enumerate(PEOPLE)]
    grants = [granting(200 + number, name) for number, name in enumerate(PEOPLE)]
    ledger.commit(lease, [opening_the_world(1), *openings, *grants], NOW)
    return lambda *commands: ledger.commit(lease, commands, NOW)


@pytest.fixture
def auditor(mongo_url) -> Iterator[SimpleNamespace]:
    """The audit as the process runs it, with monitoring's user."""
    client = mongo.connect(mongo_url("monitoring"), "test")
    own = storage.Collections(client)
    own.audit.drop()
    registry = CollectorRegistry()
    audit = LedgerAudit(
        LedgerReader(client, "ledger"),
        storage.AuditResults(own),
        AuditMetrics(registry, time.time),
        SystemClock(),
        Bounds(rest_seconds=0, accounts=2),
    )
    yield SimpleNamespace(audit=audit, own=own, client=client, registry=registry)
    own.audit.drop()
    client.close()


def latest(auditor) -> dict[str, Any]:
    found = auditor.own.audit.find_one({"_id": "latest"})
    assert found is not None
    return found


def named(auditor) -> set[tuple[str, str, int]]:
    """What a whole round over the accounts, two a pass, finds."""
    for _ in range(4):
        auditor.audit.run_once()
    breaches = latest(auditor)["breaches"]
    return {(breach["kind"], breach["account"], breach["position"]) for breach in breaches}


def test_what_the_writer_wrote_is_sound(commit, auditor):
    commit(paying(1, "ann", "bob", 1_250), paying(2, "bob", "nobody", 1), paying(3, "cem", "ann", 500_000))
    assert named(auditor) == set()
    found = latest(auditor)
    assert (found["position"], found["accounts"], found["currencies"]) == (12, 5, {"EUR": 0})
    assert found["sweep"]["position"] == 12


def test_no_false_alarm_while_the_writer_commits(commit, auditor):
    stop, numbers = threading.Event(), iter(range(1, 1_000_000))

    def write() -> None:
        while not stop.is_set():
            commit(*[paying(next(numbers), PEOPLE[n % 4], PEOPLE[(n + 1) % 4], 1) for n in range(20)])

    writer = threading.Thread(target=write)
    writer.start()
    try:
        positions: set[int] = set()
        while len(positions) < 10:
            assert writer.is_alive()
            assert named(auditor) == set()
            assert latest(auditor)["currencies"] == {"EUR": 0}
            positions.add(latest(auditor)["position"])
    finally:
        stop.set()
        writer.join()


def test_an_edit_by_hand_is_found_and_forgotten_when_mended(collections, commit, auditor):
    commit(paying(1, "ann", "bob", 1_250))
    assert named(auditor) == set()
    collections.accounts.update_one({"username": "ann"}, {"$inc": {"posted": 500}})
    assert named(auditor) == {("drift", "account-ann-EUR", 10)}
    labels = {"kind": "drift", "account": "account-ann-EUR", "position": "10"}
    assert auditor.registry.get_sample_value("ledger_breach", labels) == 500
    assert auditor.registry.get_sample_value("ledger_money_created_minor_units", {"currency": "EUR"}) == 500
    collections.accounts.update_one({"username": "ann"}, {"$inc": {"posted": -500}})
    assert named(auditor) == set()


def test_an_old_record_edited_or_deleted_by_hand_is_found(collections, commit, auditor):
    commit(*[paying(number, "ann", "bob", 1) for number in range(1, 30)])
    assert named(auditor) == set()
    collections.journal.update_one({"_id": 12}, {"$inc": {"entries.1.balance_after": 5}})
    collections.journal.delete_one({"_id": 38})
    assert {("chain", "account-bob-EUR", 12), ("gap", "", 38)} <= named(auditor)


def test_the_change_stream_tells_of_each_record_that_was_touched_and_of_none_that_was_written(
    collections, commit, auditor
):
    reader = LedgerReader(auditor.client, "ledger")
    assert reader.edited() == []
    commit(*[paying(number, "ann", "bob", 1) for number in range(1, 30)])
    collections.journal.update_one({"_id": 12}, {"$inc": {"entries.1.balance_after": 5}})
    collections.journal.delete_one({"_id": 30})
    told: list[int] = []
    eventually(lambda: told.extend(reader.edited()) or len(told) >= 2, what="both edits")
    assert told == [12, 30]
    assert reader.edited() == []


def test_a_stream_that_has_ended_is_opened_anew(collections, commit, auditor):
    reader = LedgerReader(auditor.client, "ledger")
    record = collections.journal.find_one({"_id": 6})
    assert reader.edited() == []
    collections.journal.drop()

    def tells_again() -> bool:
        collections.journal.replace_one({"_id": 6}, record | {"key": uuid4().hex}, upsert=True)
        return 6 in reader.edited()

    eventually(tells_again, what="an edit is told of again")


def test_documents_put_there_with_ids_of_another_type_are_found(collections, commit, auditor):
    account = collections.accounts.find_one({"username": "ann"})
    record = collections.journal.find_one({"_id": 6})
    made_up = ObjectId()
    collections.accounts.insert_one(account | {"_id": made_up, "username": "eve", "posted": 70})
    collections.journal.insert_one(record | {"_id": "7b", "key": "other", "command_id": "other"})
    assert named(auditor) == {("drift", repr(made_up), 0), ("chain", record["partition_key"], 9)}
    assert latest(auditor)["currencies"] == {"EUR": 70}


def test_before_the_ledger_is_set_up_there_is_nothing_to_audit(collections, auditor):
    with pytest.raises(LedgerNotSetUp):
        auditor.audit.run_once()


def test_the_auditor_cannot_write_to_the_ledger(commit, auditor):
    with pytest.raises(OperationFailure, match="not authorized"):
        auditor.client["ledger"]["accounts"].update_one({"username": "ann"}, {"$inc": {"posted": 1}})
