"""Each report by Pandas, by Dask and in plain Python: over any history and filter, and on the days that are awkward."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from analytics_service.filters import Selection, selection_of
from analytics_service.reports import REPORTS
from analytics_service.use_cases.statement import balances_of
from tests.unit.analytics_service import plain, plain_risk
from tests.unit.analytics_service.added_up import reports
from tests.unit.analytics_service.chances import AWKWARD, PEOPLE, ZONES, a_journal, account_of, journals, selections
from tests.unit.analytics_service.lakes import TestLake, user

Rows = list[dict[str, Any]]
FULL_JOURNALS = journals(min_size=8)
"""An example takes half a second, most of it Pandas' own for each report: few of them, and each with much in it."""


def lake_of(events: Rows, root: Path, batch: int = 5) -> TestLake:
    lake = TestLake(root)
    for first in range(0, len(events), batch):
        lake.put(*events[first : first + batch])
    return lake


def assert_all_agree(
    lake: TestLake, events: Rows, selection: Selection, limit: int = 10, names: Iterable[str] = REPORTS
) -> None:
    asked = [REPORTS[name] for name in names if not REPORTS[name].misses(selection)]
    with_pandas = reports(lake, piece_rows=10).answer(asked, selection, limit)
    with_dask = reports(lake, pandas_rows_max=0, piece_rows=6).answer(asked, selection, limit)
    assert with_pandas.engine == "pandas"
    there = any(map(selection.from_the_beginning().may_be_in, lake.manifest.snapshot().files))
    assert with_dask.engine == ("dask" if there else "pandas")
    for report in asked:
        by_hand = plain.figures(report.name, events, selection, limit)
        assert (report.name, with_pandas.figures[report.name]) == (report.name, by_hand)
        assert (report.name, with_dask.figures[report.name]) == (report.name, by_hand)


def test_there_is_a_plain_one_of_every_report():
    assert {*(f"risk_{pattern}" for pattern in plain_risk.DEFAULTS)} < set(plain.REPORTS) == set(REPORTS)


@pytest.mark.timeout(300)
@given(FULL_JOURNALS, selections(), st.integers(4, 12), st.integers(1, 10))
@example([], Selection(), 4, 10)
@settings(max_examples=12, deadline=None)
def test_every_report_is_what_plain_python_says_whatever_the_filter(tmp_path_factory, events, selection, batch, limit):
    lake = lake_of(events, tmp_path_factory.mktemp("lake"), batch)
    assert_all_agree(lake, events, selection, limit)


@pytest.mark.timeout(300)
@given(FULL_JOURNALS, selections(user_id=user("ann"), account=account_of("ann", "EUR")))
@settings(max_examples=5, deadline=None)
def test_also_the_statement_and_the_counterparties_of_a_person(tmp_path_factory, events, selection):
    assert_all_agree(lake_of(events, tmp_path_factory.mktemp("lake")), events, selection)


@pytest.mark.timeout(300)
@given(FULL_JOURNALS, st.data())
@settings(max_examples=20, deadline=None)
def test_a_statement_opens_and_closes_with_the_balances_of_the_ledger(tmp_path_factory, events, data):
    """Over any time, also one without entries, before the first or after the last."""
    account, upto = account_of("ann", "EUR"), len(events) + 2
    after, last = sorted(data.draw(st.tuples(st.integers(0, upto), st.integers(0, upto))))
    selection = Selection(account=account, after=after, upto=last)
    its_reports = reports(lake_of(events, tmp_path_factory.mktemp("lake")))
    lines = its_reports.answer([REPORTS["statement"]], selection).figures["statement"]
    history = plain.figures("statement", events, Selection(account=account), 10)
    before = [line["balance_after"] for line in history if line["position"] <= after]
    by_end = [line["balance_after"] for line in history if line["position"] <= last]
    found = balances_of(its_reports, selection, lines)
    ledgers = (before[-1] if before else 0, by_end[-1]) if by_end else None
    assert (found and (found.opening, found.closing)) == ledgers


def payments(*moments: datetime) -> Rows:
    """One at each moment, from one person to the next, each of another amount."""
    shared = {"status": "posted", "type": "payment", "currency": "EUR", "origin": "user"}
    people = [*PEOPLE, *PEOPLE]
    return a_journal(
        [
            {**shared, "payer": people[n % 4], "payees": [people[n % 4 + 1]], "amounts": [n + 1], "at": at}
            for n, at in enumerate(moments)
        ]
    )


@pytest.mark.parametrize("zone", ZONES)
def test_every_half_hour_around_awkward_moments_is_in_its_period(tmp_path, zone):
    halves = [around + timedelta(minutes=30 * n) for around in AWKWARD for n in (-50, *range(-5, 6), 49)]
    events = payments(*halves)
    by_clocks = [name for name in REPORTS if "per_" in name or name == "hours_of_week"]
    assert_all_agree(lake_of(events, tmp_path, 40), events, Selection(zone=zone), names=by_clocks)


def periods(tmp_path: Path, name: str, zone: str, *moments: str) -> dict[str, tuple[str, int]]:
    """For payments at moments in UTC: the start of each period, in UTC, and how many it has, by its name."""
    lake = lake_of(payments(*map(datetime.fromisoformat, moments)), tmp_path, 50)
    rows = reports(lake).answer([REPORTS[name]], Selection(zone=zone)).figures[name]
    return {row["period"]: (f"{row['start']:%Y-%m-%dT%H:%MZ}", row["posted"]) for row in rows}


def hourly(first: str, hours: int) -> list[str]:
    return [str(datetime.fromisoformat(first) + timedelta(hours=n)) for n in range(hours)]


@pytest.mark.parametrize(
    ("zone", "short", "long"),
    [
        ("Europe/Berlin", ("2028-03-26", "2028-03-25T23:00Z"), ("2028-10-29", "2028-10-28T22:00Z")),
        ("America/New_York", ("2028-03-12", "2028-03-12T05:00Z"), ("2028-11-05", "2028-11-05T04:00Z")),
    ],
)
def test_the_days_when_clocks_are_set_have_23_and_25_hours(tmp_path, zone, short, long):
    for (day, start), hours in ((short, 23), (long, 25)):
        first = datetime.fromisoformat(start) - timedelta(hours=24)
        found = periods(tmp_path / day, "per_day", zone, *hourly(first.isoformat(), 72))
        assert found[day] == (start, hours)


def test_the_hour_that_clocks_show_twice_is_two_hours(tmp_path):
    found = periods(tmp_path, "per_hour", "Europe/Berlin", *hourly("2028-10-28T23:30Z", 4))
    assert found == {
        "2028-10-29T01:00+02:00": ("2028-10-28T23:00Z", 1),
        "2028-10-29T02:00+02:00": ("2028-10-29T00:00Z", 1),
        "2028-10-29T02:00+01:00": ("2028-10-29T01:00Z", 1),
        "2028-10-29T03:00+01:00": ("2028-10-29T02:00Z", 1),
    }


def test_the_hour_that_clocks_skip_is_none(tmp_path):
    found = periods(tmp_path, "per_hour", "America/New_York", *hourly("2028-03-12T06:30Z", 2))
    assert list(found) == ["2028-03-12T01:00-05:00", "2028-03-12T03:00-04:00"]


def test_where_midnight_is_skipped_the_day_begins_at_one(tmp_path):
    found = periods(tmp_path, "per_day", "Africa/Cairo", "2028-04-27T21:59Z", "2028-04-27T22:00Z")
    assert found == {"2028-04-27": ("2028-04-26T22:00Z", 1), "2028-04-28": ("2028-04-27T22:00Z", 1)}


def test_where_midnight_is_shown_twice_the_day_begins_with_the_first(tmp_path):
    found = periods(
        tmp_path, "per_day", "America/Havana", "2028-11-05T03:59Z", "2028-11-05T04:00Z", "2028-11-05T05:00Z"
    )
    assert found == {"2028-11-04": ("2028-11-04T04:00Z", 1), "2028-11-05": ("2028-11-05T04:00Z", 2)}


def test_february_has_a_29th_in_a_leap_year_and_belongs_to_its_month(tmp_path):
    moments = ("2028-02-28T23:59:59Z", "2028-02-29T00:00Z", "2028-02-29T23:59:59Z", "2028-03-01T00:00Z")
    assert periods(tmp_path / "days", "per_day", "UTC", *moments) == {
        "2028-02-28": ("2028-02-28T00:00Z", 1),
        "2028-02-29": ("2028-02-29T00:00Z", 2),
        "2028-03-01": ("2028-03-01T00:00Z", 1),
    }
    assert periods(tmp_path / "months", "per_month", "UTC", *moments) == {
        "2028-02": ("2028-02-01T00:00Z", 3),
        "2028-03": ("2028-03-01T00:00Z", 1),
    }


@pytest.mark.parametrize(
    ("zone", "last", "first", "month"),
    [
        ("Europe/Berlin", "2028-03-31T21:59:59Z", "2028-03-31T22:00Z", "2028-04"),
        ("America/New_York", "2028-12-01T04:59:59Z", "2028-12-01T05:00Z", "2028-12"),
        ("Asia/Kathmandu", "2028-06-30T18:14:59Z", "2028-06-30T18:15Z", "2028-07"),
        ("UTC", "2027-12-31T23:59:59Z", "2028-01-01T00:00Z", "2028-01"),
    ],
)
def test_a_month_begins_at_its_own_midnight(tmp_path, zone, last, first, month):
    found = periods(tmp_path, "per_month", zone, last, first)
    assert len(found) == 2
    assert found[month] == (first, 1)


def test_a_week_begins_on_monday_and_is_of_the_year_that_has_its_thursday(tmp_path):
    moments = ("2027-01-03T22:59Z", "2027-01-03T23:00Z", "2028-03-19T23:30Z", "2028-03-26T21:30Z")
    assert periods(tmp_path, "per_week", "Europe/Berlin", *moments) == {
        "2026-W53": ("2026-12-27T23:00Z", 1),
        "2027-W01": ("2027-01-03T23:00Z", 1),
        "2028-W12": ("2028-03-19T23:00Z", 2),
    }


@pytest.mark.parametrize(
    ("query", "from_", "to"),
    [
        ({"zone": "Europe/Berlin", "from": "2028-03-26", "to": "2028-03-26"}, "2028-03-25T23:00Z", "2028-03-26T22:00Z"),
        (
            {"zone": "America/New_York", "from": "2028-11-05", "to": "2028-11-05"},
            "2028-11-05T04:00Z",
            "2028-11-06T05:00Z",
        ),
        ({"zone": "Africa/Cairo", "from": "2028-04-28", "to": "2028-04-28"}, "2028-04-27T22:00Z", "2028-04-28T21:00Z"),
        ({"zone": "America/Havana", "from": "2028-11-05"}, "2028-11-05T04:00Z", None),
        ({"zone": "Europe/Berlin", "to": "2028-02-29"}, None, "2028-02-29T23:00Z"),
        ({"zone": "Europe/Berlin", "from": "2028-03-26T00:00:00Z"}, "2028-03-26T00:00Z", None),
    ],
)
def test_dates_of_a_filter_are_days_of_its_zone(query, from_, to):
    def moment(text: str | None) -> datetime | None:
        return None if text is None else datetime.fromisoformat(text)

    selection = selection_of(query)
    assert (selection.from_, selection.to) == (moment(from_), moment(to))
