"""Figures that are kept in step with the lake: counts and sums by minute, hour and day, so that nobody has to scan it.

A bucket is a period of UTC with its cells; a cell is what records have in common that a filter may ask for. A batch of
events of one minute costs three buckets, however many events it has.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

Unit = Literal["minute", "hour", "day"]
UNITS: tuple[Unit, ...] = ("minute", "hour", "day")
LENGTH: Mapping[Unit, timedelta] = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
}
_WITHIN: Mapping[Unit, Mapping[str, int]] = {
    "minute": {"second": 0, "microsecond": 0},
    "hour": {"minute": 0, "second": 0, "microsecond": 0},
    "day": {"hour": 0, "minute": 0, "second": 0, "microsecond": 0},
}


class Cell(NamedTuple):
    """What the records of a cell have in common; a posted one has no reason, what came from the world to nobody no
    origin."""

    currency: str
    type: str
    status: str
    reason: str | None
    origin: str | None


class Sums(NamedTuple):
    """How many records, and the sum of what their payees got or were to get, in minor units of the cell's currency."""

    records: int
    amount: int

    def plus(self, other: Sums) -> Sums:
        """Both together."""
        return Sums(self.records + other.records, self.amount + other.amount)


NOTHING = Sums(0, 0)


@dataclass(frozen=True)
class Bucket:
    """The cells of one period; `start`, in UTC, is its first moment."""

    unit: Unit
    start: datetime
    cells: Mapping[Cell, Sums]


@dataclass(frozen=True)
class Span:
    """The periods of one unit that begin at `from_` or later and before `to`; None is without a bound."""

    unit: Unit
    from_: datetime | None = None
    to: datetime | None = None

    def has(self, bucket: Bucket) -> bool:
        """Whether the bucket is one of its periods."""
        return (
            bucket.unit == self.unit
            and (self.from_ is None or bucket.start >= self.from_)
            and (self.to is None or bucket.start < self.to)
        )


def start_of(unit: Unit, moment: datetime) -> datetime:
    """The first moment of the period that `moment`, in UTC, is in."""
    return moment.replace(**_WITHIN[unit])  # type: ignore[arg-type]


def buckets_of(minutes: Iterable[tuple[datetime, Cell, Sums]]) -> list[Bucket]:
    """The buckets of every unit, from sums by minute; of a minute and cell there may be several."""
    cells: dict[tuple[Unit, datetime], dict[Cell, Sums]] = defaultdict(dict)
    for minute, cell, sums in minutes:
        for unit in UNITS:
            bucket = cells[unit, start_of(unit, minute)]
            bucket[cell] = bucket.get(cell, NOTHING).plus(sums)
    return [Bucket(unit, start, of_period) for (unit, start), of_period in sorted(cells.items())]


def added(parts: Iterable[Bucket]) -> list[Bucket]:
    """The same with one bucket for each unit and period."""
    cells: dict[tuple[Unit, datetime], dict[Cell, Sums]] = defaultdict(dict)
    for part in parts:
        bucket = cells[part.unit, part.start]
        for cell, sums in part.cells.items():
            bucket[cell] = bucket.get(cell, NOTHING).plus(sums)
    return [Bucket(unit, start, of_period) for (unit, start), of_period in sorted(cells.items())]
