"""The last days, each by the clocks of a zone, and today against the same hours a week ago."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from analytics_service.domain.covered import Watermark
from analytics_service.domain.rollups import LENGTH, Span, start_of
from analytics_service.filters import Selection
from analytics_service.ports import Rollups, RollupsNotFilledError
from analytics_service.reports import REPORTS
from analytics_service.reports.parties import MANY
from analytics_service.use_cases.live import Figures, FiguresNotReady, Total, figures_of
from analytics_service.use_cases.reports import Reports
from contracts.ledger_chain import WORLD
from service_kit.clock import Clock

WEEK = 7
DAYS = 14
"""Today and the days before it."""
_READ = [REPORTS["totals"], REPORTS["accounts"]]


@dataclass(frozen=True)
class LastDays:
    """`days` are the last DAYS, oldest first, today up to now; `week_ago` has the hours of today a week before, without
    reasons. `active`: how many accounts something moved on, at most MANY of a currency; the world's are nobody's."""

    as_of: datetime
    complete_upto: Watermark
    days: Sequence[Figures]
    active: int
    week_ago: Figures
    active_week_ago: int

    @property
    def today(self) -> Figures:
        """So far."""
        return self.days[-1]


class Days:
    """Days from the rollups, without opening a file. Those of minutes are kept for two days only: so the days before
    today begin and end with whole hours, and what was at this minute a week ago is read from the files."""

    def __init__(self, rollups: Rollups, reports: Reports, clock: Clock) -> None:
        self._rollups = rollups
        self._reports = reports
        self._now = clock.now

    def last(self, zone: str) -> LastDays:
        """As of now. Raises FiguresNotReady, and PyMongoError on an outage."""
        now = self._now()
        today = now.astimezone(ZoneInfo(zone)).date()
        starts = [_midnight(today - timedelta(days=n), zone) for n in range(DAYS - 1, -1, -1)]
        midnight, same_day = starts[-1], starts[-1 - WEEK]
        spans = [[Span("hour", *map(_whole_hour, day))] for day in pairwise(starts)] + [_spans(midnight, now)]
        try:
            read = self._rollups.read([span for each in spans for span in each])
        except RollupsNotFilledError:
            raise FiguresNotReady("The lake is being read once; that takes minutes.", retry_after=30) from None
        days = [
            figures_of([bucket for bucket in read.buckets if any(span.has(bucket) for span in each)], *day)
            for each, day in zip(spans, pairwise([*starts, now]), strict=True)
        ]
        _, active = self._of_files(midnight, now)
        week_ago, active_then = self._of_files(same_day, same_day + (now - midnight))
        return LastDays(now, read.complete_upto, days, active, week_ago, active_then)

    def _of_files(self, from_: datetime, to: datetime) -> tuple[Figures, int]:
        figures = self._reports.answer(_READ, Selection(from_=from_, to=to), MANY).figures
        totals = [Total(*(row[field.name] for field in fields(Total))) for row in figures["totals"]]
        active = sum(not row["account"].startswith(f"{WORLD}:") for row in figures["accounts"])
        return Figures(from_, to, totals, ()), active


def _spans(first: datetime, last: datetime) -> list[Span]:
    """Whole hours, and minutes where a zone's midnight or the present moment is in the middle of one."""
    begun, ended = _whole_hour(first), start_of("hour", last)
    if begun >= ended:
        return [Span("minute", first, last)]
    return [Span("minute", first, begun), Span("hour", begun, ended), Span("minute", ended, last)]


def _whole_hour(moment: datetime) -> datetime:
    """The first that doesn't begin before."""
    return start_of("hour", moment + LENGTH["hour"] - LENGTH["minute"])


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, datetime.min.time(), ZoneInfo(zone)).astimezone(UTC)
