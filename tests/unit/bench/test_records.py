"""What the journal's API says, as the proof and the drills read it: of every record that the rules can make."""

from bench.records import JournalRecord
from contracts.notices import notices
from tests.unit.transaction_service.histories import a_history
from transaction_service.domain import Record


def read(record: Record) -> JournalRecord:
    told = {"position": record.position, "event_id": record.command_id, "type": record.event["type"]}
    entries = [{"account": entry.account, "amount": entry.amount} for entry in record.entries]
    return JournalRecord.of(told | {"body": record.answer.body, "entries": entries})


def test_whom_a_record_concerns_is_what_its_event_says() -> None:
    for record in a_history(1):
        about = record.event.get("transfer") or record.event["account"]
        told = notices(record.event["type"], about)
        assert {f"user-{name}": kind for name, kind in read(record).told.items()} == told


def test_what_nobody_asked_for_is_what_the_platform_itself_did() -> None:
    found = set()
    for record in (record for seed in range(30) for record in a_history(seed)):
        by_itself = record.actor is not None and record.actor["id"] is None and record.of is not None
        assert read(record).unasked == by_itself, record.event
        found.add((record.event["type"], by_itself))
    assert {("transfer.expired", True), ("transfer.posted", True), ("transfer.rejected", True)} <= found
