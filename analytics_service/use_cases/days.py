"""The last days, each by the clocks of a zone, from the rollups; and today against the same hours a week ago."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from analytics_service.domain.covered import Watermark
from analytics_service.domain.rollups import LENGTH, Span, start_of
from analytics_service.ports import Rollups, RollupsNotFilledError
from analytics_service.use_cases.live import Figures, FiguresNotReady, figures_of
from service_kit.clock import Clock

WEEK = 7
DAYS = 14
"""Today and the days before it."""


@dataclass(frozen=True)
class LastDays:
    """`days` are the last DAYS, oldest first, today up to now; `week_ago` has the hours of today, a week before."""

    as_of: datetime
    complete_upto: Watermark
    days: Sequence[Figures]
    week_ago: Figures

    @property
    def today(self) -> Figures:
        """So far."""
        return self.days[-1]


class Days:
    """Figures of days without opening a file."""

    def __init__(self, rollups: Rollups, clock: Clock) -> None:
        self._rollups = rollups
        self._now = clock.now

    def last(self, zone: str) -> LastDays:
        """As of now. Raises FiguresNotReady, and PyMongoError on an outage."""
        now = self._now()
        today = now.astimezone(ZoneInfo(zone)).date()
        starts = [_midnight(today - timedelta(days=n), zone) for n in range(DAYS - 1, -1, -1)]
        same_day = starts[-1 - WEEK]
        periods = [*zip(starts, [*starts[1:], now], strict=True), (same_day, same_day + (now - starts[-1]))]
        spans = [_spans(first, last) for first, last in periods]
        try:
            read = self._rollups.read([span for each in spans for span in each])
        except RollupsNotFilledError:
            raise FiguresNotReady("The lake is being read once; that takes minutes.", retry_after=30) from None
        # The hours of a week ago are asked for twice.
        buckets = {(bucket.unit, bucket.start): bucket for bucket in read.buckets}.values()
        figures = [
            figures_of([b for b in buckets if any(span.has(b) for span in each)], *period)
            for each, period in zip(spans, periods, strict=True)
        ]
        return LastDays(now, read.complete_upto, figures[:-1], figures[-1])


def _spans(first: datetime, last: datetime) -> list[Span]:
    """Whole hours, and minutes where a zone's midnight or the present moment is in the middle of one."""
    begun, ended = start_of("hour", first + LENGTH["hour"] - LENGTH["minute"]), start_of("hour", last)
    if begun >= ended:
        return [Span("minute", first, last)]
    return [Span("minute", first, begun), Span("hour", begun, ended), Span("minute", ended, last)]


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, datetime.min.time(), ZoneInfo(zone)).astimezone(UTC)
