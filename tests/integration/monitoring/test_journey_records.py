"""Transfers of every kind as the journey finds them in a real journal, against the records that the ledger decided."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from contracts.notices import notices
from monitoring.journey.ledger import LedgerRecords
from monitoring.journey.stages import Decided, Transfer
from service_kit import mongo
from tests.unit.analytics_service.histories import everything
from transaction_service.domain import Outcome
from transaction_service.storage.collections import Collections
from transaction_service.storage.documents import journal_document

RECORDS = everything()
TRANSFERS = [record for record in RECORDS if "transfer" in record.event]
IDS = sorted({record.event["transfer"]["id"] for record in TRANSFERS})
OWNERS = {
    record.event["account"]["id"]: record.event["account"]["user_id"] for record in RECORDS if "account" in record.event
}


@pytest.fixture(scope="module")
def journal(mongo_url) -> Iterator[None]:
    """The history of everything, in the ledger's database; emptied afterwards."""
    client = mongo.connect(mongo_url("transaction_service"), "test")
    collections = Collections(client)
    collections.journal.drop()
    collections.set_up()
    collections.journal.insert_many([journal_document(record, 1) for record in RECORDS])
    yield
    collections.journal.drop()
    client.close()


@pytest.fixture
def records(mongo_url, journal) -> Iterator[LedgerRecords]:
    """As monitoring's own user sees it."""
    client = mongo.connect(mongo_url("monitoring"), "test")
    yield LedgerRecords(client["ledger"])
    client.close()


def found(records: LedgerRecords, transfer_id: str) -> Transfer:
    transfer = records.find(transfer_id)
    assert transfer is not None
    return transfer


def positions(found: tuple[Decided, ...]) -> list[int]:
    return [record.position for record in found]


def test_a_transfer_is_its_own_records_and_what_is_about_it(records):
    for transfer_id in IDS:
        transfer = found(records, transfer_id)
        own = [record.position for record in TRANSFERS if record.event["transfer"]["id"] == transfer_id]
        about = [record.position for record in TRANSFERS if record.event["transfer"]["original"] == transfer_id]
        assert (positions(transfer.records), positions(transfer.about)) == (own, about)
        assert transfer.id == transfer_id


def test_who_may_see_a_record_are_the_ledgers_parties_and_who_is_told_is_the_contracts(records):
    by_position = {record.position: record for record in TRANSFERS}
    for transfer_id in IDS:
        for record in found(records, transfer_id).records:
            decided = by_position[record.position]
            assert record.parties == {OWNERS[account] for account in decided.parties} - {None}
            assert record.told == set(notices(decided.event["type"], decided.event["transfer"]))


@pytest.mark.parametrize(
    ("outcome", "statuses"),
    [
        (Outcome.CAPTURED, ["pending", "posted"]),
        (Outcome.EXPIRED, ["pending", "expired"]),
        (Outcome.REFUNDED, ["posted"]),
    ],
)
def test_a_life_is_told_from_its_beginning_to_its_end(records, outcome, statuses):
    ended = next(record for record in TRANSFERS if record.answer.outcome is outcome)
    transfer = found(records, ended.event["transfer"]["id"])
    assert [record.status for record in transfer.records] == statuses
    assert transfer.last.original == ended.original


def test_what_was_only_asked_about_a_transfer_is_no_transfer(records):
    commands = [record.command_id for record in RECORDS]
    for number in set(commands) - set(IDS):
        assert records.find(number) is None
    assert records.find("00000000-0000-7000-8000-999999999999") is None
