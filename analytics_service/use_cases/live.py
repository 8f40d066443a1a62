"""How the platform is doing right now, from the rollups: no file is opened, however large the lake is."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from analytics_service.domain.covered import Watermark
from analytics_service.domain.rollups import LENGTH, Bucket, Cell, Span, start_of
from analytics_service.filters import PAYMENT, Selection
from analytics_service.ports import Rollups, RollupsNotFilledError
from service_kit.clock import Clock
from service_kit.errors import Unavailable

MINUTES = 60


class FiguresNotReady(Unavailable):
    """An older lake is being read for its rollups; reports go on meanwhile."""

    code = "figures_not_ready"
    title = "The live figures are being prepared"


@dataclass(frozen=True)
class Total:
    """As a row of the report `totals`."""

    currency: str
    type: str
    posted: int
    rejected: int
    amount: int


@dataclass(frozen=True)
class Figures:
    """Of what the ledger decided from `from_` and before `to`. `reasons` are those of rejected payments, most first."""

    from_: datetime
    to: datetime
    totals: Sequence[Total]
    reasons: Sequence[tuple[str, int]]

    @property
    def posted(self) -> int:
        """Transfers of any type."""
        return sum(total.posted for total in self.totals)

    @property
    def rejected(self) -> int:
        """Transfers of any type, and attempts."""
        return sum(total.rejected for total in self.totals)

    @property
    def posted_per_minute(self) -> float:
        """On average."""
        return self.posted / max((self.to - self.from_) / LENGTH["minute"], 1)

    @property
    def success_ratio(self) -> float | None:
        """Of payments, posted against rejected ones; None where there was neither."""
        payments = [total for total in self.totals if total.type == PAYMENT]
        posted = sum(total.posted for total in payments)
        ended = posted + sum(total.rejected for total in payments)
        return posted / ended if ended else None


@dataclass(frozen=True)
class Overview:
    """`minutes` are those of the last hour, oldest first, with and without any transfer."""

    as_of: datetime
    complete_upto: Watermark
    today: Figures
    last_hour: Figures
    minutes: Sequence[Figures]


class Live:
    """Today's figures, the last hour's and the last minutes'."""

    def __init__(self, rollups: Rollups, clock: Clock) -> None:
        self._rollups = rollups
        self._now = clock.now

    def overview(self, selection: Selection = Selection()) -> Overview:  # noqa: B008 - frozen
        """As of now; `selection` may name a currency, type and origin, and the zone whose day today is.

        Raises FiguresNotReady, and PyMongoError on an outage.
        """
        now = self._now()
        zone = ZoneInfo(selection.zone or "UTC")
        midnight = datetime.combine(now.astimezone(zone).date(), datetime.min.time(), zone).astimezone(UTC)
        hour_ago = start_of("minute", now) - timedelta(minutes=MINUTES - 1)
        # The ledger's clock may be a little ahead of ours, so that the last period has no end.
        first_hour = start_of("hour", midnight + LENGTH["hour"] - LENGTH["minute"])
        spans = [Span("minute", midnight, first_hour), Span("hour", first_hour), Span("minute", hour_ago)]
        try:
            read = self._rollups.read(spans)
        except RollupsNotFilledError:
            raise FiguresNotReady("The lake is being read once; that takes minutes.", retry_after=30) from None
        wanted = [_selected(bucket, selection) for bucket in read.buckets]
        of_today = [b for b in wanted if spans[0].has(b) or spans[1].has(b)]
        recent = {b.start: b for b in wanted if spans[2].has(b)}
        starts = [hour_ago + timedelta(minutes=n) for n in range(MINUTES)]
        return Overview(
            as_of=now,
            complete_upto=read.complete_upto,
            today=figures_of(of_today, midnight, now),
            last_hour=figures_of(recent.values(), hour_ago, now),
            minutes=[
                figures_of([recent[start]] if start in recent else [], start, min(start + LENGTH["minute"], now))
                for start in starts
            ],
        )


def figures_of(buckets: Iterable[Bucket], from_: datetime, to: datetime) -> Figures:
    """All of the buckets added up; those of one unit, or of units that don't overlap."""
    totals: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    reasons = Counter[str]()
    for bucket in buckets:
        for (currency, type_, status, reason, _), (records, amount) in bucket.cells.items():
            if status == "posted":
                total = totals[currency, type_]
                total[0] += records
                total[2] += amount
            elif status == "rejected":
                totals[currency, type_][1] += records
                if type_ == PAYMENT and reason is not None:
                    reasons[reason] += records
    rows = [Total(*key, *counts) for key, counts in sorted(totals.items()) if any(counts)]
    return Figures(from_, to, rows, sorted(reasons.items(), key=lambda each: (-each[1], each[0])))


def _selected(bucket: Bucket, selection: Selection) -> Bucket:
    asked = {name: allowed for name in Cell._fields if (allowed := getattr(selection, name))}
    if not asked:
        return bucket
    cells = {
        cell: sums
        for cell, sums in bucket.cells.items()
        if all(getattr(cell, name) in allowed for name, allowed in asked.items())
    }
    return Bucket(bucket.unit, bucket.start, cells)
