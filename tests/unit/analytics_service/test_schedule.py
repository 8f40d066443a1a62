"""When schedules are due, and which days they are about: by the calendars and clocks of any zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics_service.domain.job import Order
from analytics_service.domain.schedule import Every, Period, Rhythm, Schedule
from tests.unit.analytics_service.lakes import NOON

BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def daily(clock: str, zone: str = "UTC") -> Rhythm:
    return Rhythm(Every.DAY, time.fromisoformat(clock), zone)


def monthly(day: int, zone: str = "UTC") -> Rhythm:
    return Rhythm(Every.MONTH, time(6), zone, day=day)


def following(rhythm: Rhythm, after: datetime, count: int) -> list[datetime]:
    found = []
    for _ in range(count):
        after = rhythm.next_after(after)
        found.append(after)
    return found


def test_it_is_due_at_the_zones_time_of_day():
    assert daily("07:00", BERLIN).next_after(at("2026-01-05T05:59")) == at("2026-01-05T06:00")
    assert daily("07:00", BERLIN).next_after(at("2026-01-05T06:00")) == at("2026-01-06T06:00")


@pytest.mark.parametrize(
    ("zone", "before", "moments"),
    [
        # The clocks go forward: 07:00 comes an hour earlier in UTC from that day on.
        (BERLIN, "2026-03-28T12:00", ["2026-03-29T05:00", "2026-03-30T05:00"]),
        (BERLIN, "2026-03-27T12:00", ["2026-03-28T06:00", "2026-03-29T05:00"]),
        (BERLIN, "2026-10-24T12:00", ["2026-10-25T06:00", "2026-10-26T06:00"]),
        (NEW_YORK, "2026-03-07T18:00", ["2026-03-08T11:00", "2026-03-09T11:00"]),
        (NEW_YORK, "2026-10-31T18:00", ["2026-11-01T12:00", "2026-11-02T12:00"]),
    ],
)
def test_it_stays_at_its_local_time_when_clocks_are_turned(zone, before, moments):
    assert following(daily("07:00", zone), at(before), 2) == [at(moment) for moment in moments]


def test_a_time_that_the_clocks_skip_is_due_after_the_skip_and_once():
    assert following(daily("02:30", BERLIN), at("2026-03-28T12:00"), 2) == [
        at("2026-03-29T01:30"),  # 03:30 in Berlin
        at("2026-03-30T00:30"),
    ]
    assert following(daily("02:30", NEW_YORK), at("2026-03-07T20:00"), 2) == [
        at("2026-03-08T07:30"),  # 03:30 in New York
        at("2026-03-09T06:30"),
    ]


def test_a_time_that_the_clocks_show_twice_is_due_the_first_time_alone():
    assert following(daily("02:30", BERLIN), at("2026-10-24T12:00"), 2) == [
        at("2026-10-25T00:30"),
        at("2026-10-26T01:30"),
    ]
    assert following(daily("01:30", NEW_YORK), at("2026-10-31T20:00"), 2) == [
        at("2026-11-01T05:30"),
        at("2026-11-02T06:30"),
    ]


def test_a_day_that_a_zone_leaves_out_is_not_due_twice():
    """Samoa went from the 29th to the 31st of December 2011."""
    assert following(daily("06:00", "Pacific/Apia"), at("2011-12-29T12:00"), 2) == [
        at("2011-12-29T16:00"),
        at("2011-12-30T16:00"),
    ]


def test_a_week_is_due_on_its_day():
    rhythm = Rhythm(Every.WEEK, time(6), "UTC", weekday=7)
    assert following(rhythm, at("2026-01-01T00:00"), 2) == [at("2026-01-04T06:00"), at("2026-01-11T06:00")]


def test_a_month_that_has_no_such_day_is_due_on_its_last():
    assert following(monthly(31), at("2026-01-31T06:00"), 3) == [
        at("2026-02-28T06:00"),
        at("2026-03-31T06:00"),
        at("2026-04-30T06:00"),
    ]


def test_a_leap_year_has_its_29th_of_february():
    assert monthly(30).next_after(at("2028-02-01T00:00")) == at("2028-02-29T06:00")
    assert monthly(29).next_after(at("2027-02-01T00:00")) == at("2027-02-28T06:00")


def test_of_what_was_missed_the_latest_is_found():
    rhythm = daily("06:00")
    assert rhythm.latest(at("2026-01-10T05:59")) == at("2026-01-09T06:00")
    assert rhythm.latest(at("2026-01-10T06:00")) == at("2026-01-10T06:00")
    assert monthly(31).latest(at("2026-03-15T00:00")) == at("2026-02-28T06:00")


zones = st.sampled_from(
    [BERLIN, NEW_YORK, "UTC", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia", "America/Sao_Paulo"]
)
rhythms = st.builds(
    Rhythm,
    st.sampled_from(Every),
    st.times().map(lambda t: t.replace(second=0, microsecond=0)),
    zones,
    st.integers(1, 7),
    st.integers(1, 31),
)
moments = st.integers(0, 11_000_000).map(lambda minutes: at("2008-01-01T00:00") + timedelta(minutes=minutes))


@given(rhythms, moments)
def test_every_due_moment_is_found_from_both_sides(rhythm, moment):
    due = rhythm.next_after(moment)
    assert due > moment
    assert rhythm.latest(due) == due
    assert rhythm.latest(moment) <= moment
    assert rhythm.next_after(rhythm.latest(moment)) == due
    assert due - moment <= timedelta(days=32)


@given(rhythms, moments)
def test_a_due_moment_is_at_the_local_time_unless_clocks_skip_that(rhythm, moment):
    zone = ZoneInfo(rhythm.zone)
    local = rhythm.next_after(moment).astimezone(zone)
    wanted = datetime.combine(local.date(), rhythm.at, zone)
    clocks_show_it = wanted.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == wanted.replace(tzinfo=None)
    assert local.time() == rhythm.at or not clocks_show_it


@pytest.mark.parametrize(
    ("period", "today", "first", "last"),
    [
        ("yesterday", "2026-03-01", "2026-02-28", "2026-02-28"),
        ("yesterday", "2028-03-01", "2028-02-29", "2028-02-29"),
        ("yesterday", "2026-01-01", "2025-12-31", "2025-12-31"),
        ("last_week", "2026-01-05", "2025-12-29", "2026-01-04"),
        ("last_week", "2026-01-04", "2025-12-22", "2025-12-28"),
        ("last_month", "2026-03-31", "2026-02-01", "2026-02-28"),
        ("last_month", "2028-03-01", "2028-02-01", "2028-02-29"),
        ("last_month", "2026-01-15", "2025-12-01", "2025-12-31"),
        ("last_7_days", "2026-03-03", "2026-02-24", "2026-03-02"),
        ("last_30_days", "2026-03-03", "2026-02-01", "2026-03-02"),
        ("month_to_date", "2026-03-03", "2026-03-01", "2026-03-02"),
        ("month_to_date", "2026-03-01", "2026-02-01", "2026-02-28"),
    ],
)
def test_a_period_is_of_whole_days_that_are_over(period, today, first, last):
    days = Period(period).days(date.fromisoformat(today))
    assert days == (date.fromisoformat(first), date.fromisoformat(last))


def schedule(period: Period, rhythm: Rhythm, **filter: str) -> Schedule:
    return Schedule("s", "user-ann", Order("per_day", filter, "csv", None, {"hops": 4}), period, rhythm, NOON, NOON)


def test_an_order_has_the_dates_of_the_day_on_which_it_is_due_where_that_is():
    """At noon of the 9th in UTC it is the 10th on Kiritimati."""
    due = at("2026-01-09T12:00")
    order = schedule(Period.YESTERDAY, daily("02:00", "Pacific/Kiritimati"), currency="EUR").order_at(due)
    assert order.filter == {"zone": "Pacific/Kiritimati", "currency": "EUR", "from": "2026-01-09", "to": "2026-01-09"}
    assert (order.report, order.format, order.thresholds) == ("per_day", "csv", {"hops": 4})


def test_the_filters_own_zone_and_dates_hold():
    assert schedule(Period.ALL, daily("02:00", BERLIN), zone=NEW_YORK).order_at(NOON).filter == {"zone": NEW_YORK}
