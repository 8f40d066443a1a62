"""Stretches of the journal in figures, on a real MongoDB: those that plain Python adds up of the same records."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.unit.analytics_service.histories import everything
from tests.unit.transaction_service.stretches import stretch_of
from transaction_service.storage.documents import journal_document

RECORDS = [replace(record, at=record.at + timedelta(days=record.position > 20)) for record in everything()]


@pytest.fixture
def journal(collections):
    """A history of every type of record, which goes on for two days."""
    collections.journal.insert_many([journal_document(record, epoch=1) for record in RECORDS])


@pytest.mark.parametrize("size", [1, 7, len(RECORDS), len(RECORDS) + 5])
def test_every_stretch_has_the_figures_of_its_records(reader, journal, size):
    for after in range(0, len(RECORDS), size):
        found = reader.stretch(after, after + size)
        assert found == stretch_of([record for record in RECORDS if after < record.position <= after + size])


def test_what_is_posted_moves_money_and_its_entries_sum_up_to_nothing(reader, journal):
    whole = reader.stretch(0, len(RECORDS))
    assert len({row["day"] for row in whole.totals}) == 2
    assert {row["status"] for row in whole.totals} >= {"posted", "rejected", "pending", "voided", "expired"}
    assert all((row["amount"] > 0) == (row["status"] == "posted") for row in whole.totals)
    assert sum(account["amount"] for account in whole.accounts) == 0
    # All began with nothing, so what moved on each account is its balance.
    assert all(account["amount"] == account["balance"] for account in whole.accounts)


def test_of_positions_that_there_are_none_of_it_has_no_figures(reader, journal):
    beyond = reader.stretch(len(RECORDS), len(RECORDS) + 100)
    assert (beyond.records, beyond.totals, beyond.accounts) == (0, [], [])
