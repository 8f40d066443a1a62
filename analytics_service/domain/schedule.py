"""A schedule: a report that is ordered again and again, at a local time of a zone, over a period that goes with it.

Plain arithmetic with zoneinfo. Cron lines (croniter, cronsim) would say more than people need and leave the two things
that matter here undecided: what a month without a 31st does, and what a clock that is turned does.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from analytics_service.domain.job import Order

LONGEST_DAYS = 64
"""Two months and a bit: within so many days every schedule is due at least once, also where the calendar leaves a day
out."""


class Every(StrEnum):
    """How often it is due."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class Period(StrEnum):
    """Which days it is about, seen from the local day on which it is due; ALL: the filter alone says."""

    YESTERDAY = "yesterday"
    LAST_WEEK = "last_week"
    LAST_MONTH = "last_month"
    LAST_7_DAYS = "last_7_days"
    LAST_30_DAYS = "last_30_days"
    MONTH_TO_DATE = "month_to_date"
    ALL = "all"

    def days(self, today: date) -> tuple[date, date] | None:
        """First and last day, both inclusive; None for ALL. Weeks begin on Monday; what is over counts whole days."""
        yesterday = today - timedelta(days=1)
        monday = today - timedelta(days=today.weekday())
        first = today.replace(day=1)
        last_of_month_before = first - timedelta(days=1)
        return {
            Period.YESTERDAY: (yesterday, yesterday),
            Period.LAST_WEEK: (monday - timedelta(days=7), monday - timedelta(days=1)),
            Period.LAST_MONTH: (last_of_month_before.replace(day=1), last_of_month_before),
            Period.LAST_7_DAYS: (today - timedelta(days=7), yesterday),
            Period.LAST_30_DAYS: (today - timedelta(days=30), yesterday),
            # On the first of a month nothing of it is over: then it is the month before.
            Period.MONTH_TO_DATE: (yesterday.replace(day=1), yesterday),
            Period.ALL: None,
        }[self]


@dataclass(frozen=True)
class Rhythm:
    """When it is due: at `at` of the zone's clocks, every day, on `weekday` (1 Monday to 7 Sunday) or on `day` (1 to
    31; of a shorter month its last).

    Every such day is due once. Where clocks skip the time, it is due as long after the skip as it lies in it (02:30 at
    03:30); where they show it twice, the first time.
    """

    every: Every
    at: time
    zone: str
    weekday: int = 1
    day: int = 1

    def next_after(self, moment: datetime) -> datetime:
        """The first due moment after this one, in UTC."""
        # Two days before: the zone's date may differ, and a date that a zone has left out stands for the one after.
        beginning = self.local_day(moment) - timedelta(days=2)
        return min(due for due in self._due(beginning) if due > moment)

    def latest(self, upto: datetime) -> datetime:
        """The last due moment that isn't after this one."""
        beginning = self.local_day(upto) - timedelta(days=LONGEST_DAYS - 2)
        return max(due for due in self._due(beginning) if due <= upto)

    def local_day(self, moment: datetime) -> date:
        """The date that the zone's calendars show then."""
        return moment.astimezone(ZoneInfo(self.zone)).date()

    def _due(self, beginning: date) -> Iterator[datetime]:
        """Of LONGEST_DAYS from there."""
        for number in range(LONGEST_DAYS):
            day = beginning + timedelta(days=number)
            if self._is_on(day):
                yield datetime.combine(day, self.at, ZoneInfo(self.zone)).astimezone(UTC)

    def _is_on(self, day: date) -> bool:
        if self.every is Every.WEEK:
            return day.isoweekday() == self.weekday
        if self.every is Every.MONTH:
            return day.day == min(self.day, calendar.monthrange(day.year, day.month)[1])
        return True


@dataclass(frozen=True)
class Schedule:
    """Whose it is, what it orders, and when. `next_due` is the moment that comes next, or has passed and not been seen
    to; `last_due` the latest that was, and `last_job` its job, None where nothing was to be made.

    `period` sets the filter's `from` and `to`; `created_at` is told by the store.
    """

    id: str
    user_id: str
    order: Order
    period: Period
    rhythm: Rhythm
    created_at: datetime
    next_due: datetime
    last_due: datetime | None = None
    last_job: str | None = None

    def order_at(self, due: datetime) -> Order:
        """What it orders then: dates are those of the rhythm's zone, which is the filter's too unless that has one."""
        filter: dict[str, Any] = {"zone": self.rhythm.zone} | dict(self.order.filter)
        days = self.period.days(self.rhythm.local_day(due))
        if days is not None:
            filter |= {"from": days[0].isoformat(), "to": days[1].isoformat()}
        return replace(self.order, filter=filter)
