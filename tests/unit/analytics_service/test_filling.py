"""The lake filled from the journal: exactly what it lacks, in spite of outages and beside an ingester."""

from __future__ import annotations

import pytest

from analytics_service.domain.rollups import Sums
from analytics_service.ports.journal import PAGE_MAX, JournalAwayError
from analytics_service.use_cases.filling import Filling, UnusableJournalError
from tests.unit.analytics_service.journals import JournalInMemory, StepsHeard
from tests.unit.analytics_service.lakes import transfer
from tests.unit.analytics_service.rollups_contract import MIDNIGHT, PAID, cells

EVENTS = [transfer(position) for position in range(1, 21)]


def filling(lake, journal, steps=None):
    return Filling(journal, lake.manifest, lake.ingester, steps or StepsHeard(), sleep=lambda seconds: None)


def test_an_empty_lake_gets_the_whole_journal(lake):
    steps = StepsHeard()
    assert filling(lake, JournalInMemory(EVENTS), steps).fill("filling") == 20
    assert lake.positions() == list(range(1, 21))
    assert cells(lake, "day") == {MIDNIGHT: {PAID: Sums(20, 25_000)}}
    assert (steps.begun, steps.done) == ([("filling", 20)], 20)


def test_of_the_journal_only_what_is_missing_is_read(lake):
    lake.put(*EVENTS[2:5], *EVENTS[9:12])
    journal = JournalInMemory(EVENTS)
    assert filling(lake, journal).fill("filling") == 14
    assert lake.positions() == list(range(1, 21))
    assert journal.asked == [(0, 1), (0, 2), (5, 4), (12, 8)]


def test_a_lake_that_lacks_nothing_is_left_alone(lake):
    lake.put(*EVENTS)
    version = lake.manifest.state().version
    assert filling(lake, JournalInMemory(EVENTS)).fill("filling") == 0
    assert lake.manifest.state().version == version


def test_an_empty_journal_is_nothing_to_fill(lake):
    assert filling(lake, JournalInMemory([])).fill("filling") == 0


def test_a_journal_longer_than_a_page_is_read_page_by_page(lake):
    journal = JournalInMemory([transfer(position) for position in range(1, PAGE_MAX + 12)])
    filling(lake, journal).fill("filling")
    assert lake.manifest.state().covered.watermark.position == PAGE_MAX + 11
    assert journal.asked == [(0, 1), (0, PAGE_MAX), (PAGE_MAX, 11)]


def test_it_waits_for_a_ledger_that_is_away_and_gives_up_in_the_end(lake):
    filling(lake, JournalInMemory(EVENTS, fails=3)).fill("filling")
    assert lake.positions() == list(range(1, 21))
    with pytest.raises(JournalAwayError):
        filling(lake, JournalInMemory(EVENTS, fails=100)).fill("filling")


def test_what_was_ended_in_the_middle_goes_on_where_it_was(lake):
    journal = JournalInMemory([transfer(position) for position in range(1, PAGE_MAX + 12)])

    class Ended(Exception):
        pass

    class EndsAfterAPage(StepsHeard):
        def advance(self, parts):
            raise Ended

    with pytest.raises(Ended):
        filling(lake, journal, EndsAfterAPage()).fill("filling")
    journal.asked.clear()
    assert filling(lake, journal).fill("filling") == 11
    assert journal.asked == [(0, 1), (PAGE_MAX, 11)]


def test_what_an_ingester_brings_in_meanwhile_is_there_once(lake):
    class Beside(JournalInMemory):
        """The topic's consumer takes a part while a page is on its way."""

        def events(self, after, limit):
            page = super().events(after, limit)
            lake.put(*EVENTS[3:9])
            return page

    filling(lake, Beside(EVENTS)).fill("filling")
    assert lake.positions() == list(range(1, 21))
    assert cells(lake, "day") == {MIDNIGHT: {PAID: Sums(20, 25_000)}}


@pytest.mark.parametrize("lost", [1, 7, 20])
def test_a_journal_with_a_gap_is_refused_and_says_where(lake, lost):
    gappy = JournalInMemory([event for event in EVENTS if event["position"] != lost] + [transfer(21)])
    with pytest.raises(UnusableJournalError, match=f"position {lost}$"):
        filling(lake, gappy).fill("filling")
    assert lost not in lake.positions()


def test_an_event_that_can_be_no_row_is_named(lake):
    broken = {**transfer(2), "occurred_at": "yesterday"}
    with pytest.raises(UnusableJournalError, match="position 2: "):
        filling(lake, JournalInMemory([transfer(1), broken])).fill("filling")
