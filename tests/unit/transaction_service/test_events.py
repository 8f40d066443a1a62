"""What the ledger tells the platform: every event obeys the contract, and everybody knows whom it concerns."""

from __future__ import annotations

import pytest

from contracts.codec import codec_for
from contracts.notices import LEDGER_KINDS, notices
from tests.unit.transaction_service.histories import a_history
from transaction_service.domain import Outcome, Reason
from transaction_service.domain.journal import DECISIONS, event_type

codec = codec_for("transactions")


@pytest.fixture(scope="module")
def histories():
    """Enough of them that all has happened that can; ids are unique within each."""
    return [a_history(seed) for seed in range(64)]


@pytest.fixture(scope="module")
def records(histories):
    return [record for history in histories for record in history]


def about(record):
    return record.event.get("transfer") or record.event["account"]


def told(record):
    return notices(record.event["type"], about(record))


def test_everything_that_can_happen_happens_in_the_histories(records):
    transfers = [record.event["transfer"] for record in records if "transfer" in record.event]
    assert {record.event["type"] for record in records} == {event_type(outcome) for outcome in DECISIONS}
    assert {transfer["reason"] for transfer in transfers} == {None, *Reason}
    rejected = {transfer["type"] for transfer in transfers if transfer["reason"]}
    assert rejected == {"payment", "deposit", "withdrawal", "refund", "reversal", "capture", "void"}
    assert any(len(transfer["payees"]) > 2 for transfer in transfers)
    assert {kind for record in records for kind in told(record).values()} == LEDGER_KINDS


def test_every_event_obeys_the_contract(records):
    for record in records:
        assert codec.decode(codec.encode(record.event)) == record.event


def test_what_a_payer_loses_the_payees_get(records):
    for record in records:
        transfer = record.event.get("transfer")
        if transfer and transfer["status"] != "rejected":
            assert transfer["amount"] == sum(payee["amount"] for payee in transfer["payees"])


def test_a_hold_and_a_plan_are_known_by_their_moments_in_each_of_their_events(histories):
    for history in histories:
        moments = {}
        for transfer in (record.event["transfer"] for record in history if "transfer" in record.event):
            now = transfer["expires_at"], transfer["execute_at"]
            assert moments.setdefault(transfer["id"], now) == now


def test_everybody_is_told_whose_history_shows_it_but_of_rejected_attempts_at_a_transfer(records):
    for record in records:
        people = {account.split("-")[1] for account in record.parties if not account.startswith("world")}
        attempt = about(record).get("type") in ("reversal", "capture", "void")
        if (attempt and record.answer.outcome is Outcome.REJECTED) or record.answer.outcome is Outcome.OPENED:
            people = set()
        assert set(told(record)) == {f"user-{name}" for name in people}


def test_the_journal_by_its_usernames_says_the_same_as_the_event(records):
    for record in records:
        body = record.answer.body
        by_name = notices(record.event["type"], body.get("account", body), "username")
        assert {f"user-{name}": kind for name, kind in by_name.items()} == told(record)
