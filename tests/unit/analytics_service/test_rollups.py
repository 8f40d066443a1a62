"""Rollups in memory: their promises, and that they say what a report over the lake says, whatever has happened."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics_service.domain.rollups import Cell, Span, Sums
from analytics_service.filters import Selection
from analytics_service.ports import RollupsNotFilledError
from analytics_service.reports import REPORTS
from analytics_service.rolling_up import fill_rollups
from tests.unit.analytics_service.added_up import reports
from tests.unit.analytics_service.chances import JOURNALS
from tests.unit.analytics_service.lakes import NOON, TestLake, transfer
from tests.unit.analytics_service.rollups_contract import MIDNIGHT, PAID, RollupsContract, cells

UNITS = ("minute", "hour", "day")
ENDS = ("posted", "voided", "expired", "rejected")


class TestRollupsInMemory(RollupsContract):
    pass


@st.composite
def deliveries(draw, events):
    """The events in batches, in any order, some of them several times."""
    again = draw(st.lists(st.sampled_from(events), max_size=10)) if events else []
    sent, size = [*draw(st.permutations(events)), *again], draw(st.integers(1, 7))
    return [sent[first : first + size] for first in range(0, len(sent), size)]


def totals(lake: TestLake, unit: str) -> dict[tuple[object, ...], tuple[int, int, int]]:
    """As the report `per_<unit>` has them, from the rollups."""
    found = dict[tuple[object, ...], tuple[int, int, int]]()
    for start, of_period in cells(lake, unit).items():
        for cell, sums in of_period.items():
            if cell.status in ("posted", "rejected"):
                key = (start, cell.currency, cell.type)
                posted, rejected, amount = found.get(key, (0, 0, 0))
                of_posted = sums if cell.status == "posted" else Sums(0, 0)
                refused = sums.records - of_posted.records
                found[key] = (posted + of_posted.records, rejected + refused, amount + of_posted.amount)
    return found


@pytest.mark.timeout(300)
@given(st.data(), JOURNALS)
@settings(max_examples=25, deadline=None)
def test_they_say_what_the_reports_say_whatever_the_batches_replays_and_order(tmp_path_factory, data, events):
    lake = TestLake(tmp_path_factory.mktemp("lake"))
    for batch in data.draw(deliveries(events)):
        lake.put(*batch)
    asked = [REPORTS[name] for name in ("per_minute", "per_hour", "per_day", "outcomes")]
    figures = reports(lake).answer(asked, Selection()).figures
    by_outcome = {(row["type"], row["status"], row["reason"]): row["transfers"] for row in figures["outcomes"]}
    for unit in UNITS:
        by_report = {
            (row["start"], row["currency"], row["type"]): (row["posted"], row["rejected"], row["amount"])
            for row in figures[f"per_{unit}"]
        }
        assert totals(lake, unit) == by_report
        outcomes = Counter[tuple[str, str, str | None]]()
        for of_period in cells(lake, unit).values():
            for cell, sums in of_period.items():
                if cell.status in ENDS:
                    outcomes[cell.type, cell.status, cell.reason] += sums.records
        assert outcomes == by_outcome


def of_before(lake: TestLake) -> TestLake:
    """As if it had been written before there were rollups."""
    lake.manifest.rolled_up, lake.manifest.buckets = False, []
    return lake


def test_of_a_lake_from_before_there_are_none_until_they_have_been_filled(lake):
    lake.put(transfer(1))
    of_before(lake).put(transfer(2))
    with pytest.raises(RollupsNotFilledError):
        lake.rollups.read([Span("day")])
    fill_rollups(lake.manifest, lake.folder)
    lake.put(transfer(3), transfer(2))
    assert cells(lake, "day") == {MIDNIGHT: {PAID: Sums(3, 3750)}}
    fill_rollups(lake.manifest, lake.folder)
    assert cells(lake, "day") == {MIDNIGHT: {PAID: Sums(3, 3750)}}


def test_what_is_committed_while_they_are_being_filled_counts_once(lake):
    lake.put(transfer(1), transfer(5))
    of_before(lake)

    class Overtaken:
        """A manifest that the ingester commits to before each of the first two fillings."""

        def __init__(self):
            self.batches = [(transfer(2), transfer(4)), (transfer(3), transfer(9, at=NOON + timedelta(days=1)))]

        def __getattr__(self, name):
            return getattr(lake.manifest, name)

        def fill_rollups(self, base, buckets):
            if self.batches:
                lake.put(*self.batches.pop())
            lake.manifest.fill_rollups(base, buckets)

    fill_rollups(Overtaken(), lake.folder)
    assert [sums for of_day in cells(lake, "day").values() for sums in of_day.values()] == [
        Sums(5, 6250),
        Sums(1, 1250),
    ]


def test_rollups_that_are_filled_leave_out_the_minutes_that_are_kept_no_longer(lake):
    lake.put(transfer(1))
    of_before(lake).clock.advance(49 * 3600)
    lake.housekeeper().forget_minutes()
    fill_rollups(lake.manifest, lake.folder)
    assert cells(lake, "minute") == {}
    assert cells(lake, "hour") == {NOON: {PAID: Sums(1, 1250)}}


def test_a_batch_of_one_minute_costs_three_documents(lake):
    lake.put(*(transfer(n, at=NOON) for n in range(1, 501)))
    assert lake.rollups.count() == 3


def test_a_period_before_1970_is_one_too(lake):
    at = datetime.fromisoformat("1969-12-31T23:59:59.999Z")
    lake.put(transfer(1, at=at))
    assert list(cells(lake, "minute")) == [datetime.fromisoformat("1969-12-31T23:59Z")]
    assert list(cells(lake, "day")) == [datetime.fromisoformat("1969-12-31T00:00Z")]


def test_what_came_from_the_world_to_nobody_has_no_origin(lake):
    lake.put(transfer(1, None, None, reason="unknown_payee"))
    assert cells(lake, "day") == {MIDNIGHT: {Cell("EUR", "grant", "rejected", "unknown_payee", None): Sums(1, 1250)}}
