"""The journal in cells: what a stretch of positions entails at each stage, by the second and by the minute."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from monitoring.reconciliation.metrics import STAGES
from monitoring.reconciliation.repair import Repair


class Figures(NamedTuple):
    """What a stage has of a stretch: distinct events, and all told (notifications, rows, messages on the topic)."""

    events: int
    total: int

    def plus(self, other: Figures) -> Figures:
        return Figures(self.events + other.events, self.total + other.total)

    def without(self, other: Figures) -> Figures:
        """What is left; not below zero, since the two may have been counted a moment apart."""
        return Figures(max(0, self.events - other.events), max(0, self.total - other.total))

    def missing(self, found: Figures) -> int:
        """How much of these expected figures wasn't found.

        Distinct events can't be made up for by others that are doubled, so a loss shows beside a doubling. What
        can't show is a notification lost and one too many in the same stretch, of events that both have others.
        """
        return max(0, self.events - found.events, self.total - found.total)

    def surplus(self, found: Figures) -> int:
        """How much was found beyond these expected figures."""
        foreign = max(0, found.events - self.events)
        return max(foreign, (found.total - found.events) - (self.total - self.events), 0)


NOTHING = Figures(0, 0)


def total_of(figures: Iterable[Figures]) -> Figures:
    """Their sum."""
    events, total = 0, 0
    for each in figures:
        events += each.events
        total += each.total
    return Figures(events, total)


@dataclass(frozen=True, slots=True)
class Cell:
    """The positions above `after` up to `upto`; `at` is the time of the first record among them, in UTC.

    `records` are all of them, `notifying` those that somebody is told of, `notifications` how often.
    """

    after: int
    upto: int
    at: datetime
    records: int
    notifying: int
    notifications: int

    def expected(self, stage: str) -> Figures:
        if stage == "notified":
            return Figures(self.notifying, self.notifications)
        return Figures(self.records, self.records)

    def joined(self, later: Cell) -> Cell:
        """One cell of this one and the next."""
        return Cell(
            self.after,
            later.upto,
            min(self.at, later.at),
            self.records + later.records,
            self.notifying + later.notifying,
            self.notifications + later.notifications,
        )


@dataclass(slots=True)
class Minute:
    """A minute of the journal that isn't settled: its cells in order, what was last found at each stage, and by stage
    what was done about what it lacks there."""

    minute: datetime
    cells: list[Cell]
    found: dict[str, Figures] = field(default_factory=lambda: dict.fromkeys(STAGES, NOTHING))
    repairs: dict[str, Repair] = field(default_factory=dict)
    settled_at: datetime | None = None
    changed: bool = True

    @property
    def after(self) -> int:
        return self.cells[0].after

    @property
    def upto(self) -> int:
        return self.cells[-1].upto

    def expected(self, stage: str) -> Figures:
        return total_of(cell.expected(stage) for cell in self.cells)

    def missing(self, stage: str) -> int:
        return self.expected(stage).missing(self.found[stage])

    def surplus(self, stage: str) -> int:
        return self.expected(stage).surplus(self.found[stage])

    def agrees(self, stage: str) -> bool:
        return self.expected(stage) == self.found[stage]

    def finds(self, stage: str, found: Figures) -> None:
        """Note what the stage has of this minute."""
        if self.found[stage] != found:
            self.found[stage] = found
            self.changed = True


class Book:
    """The minutes that are open, in order, and the position up to which the journal was read."""

    # An older minute is one cell: its age needn't be told to the second, and memory stays small in a long outage.
    FINE_MINUTES = 10

    def __init__(self, position: int, minutes: Sequence[Minute] = ()) -> None:
        self.position = position
        self.minutes = list(minutes)

    def take(self, cells: Iterable[Cell]) -> None:
        """Write down what the journal has gained; the cells follow on `position`.

        Where the clock went back, a record belongs to the minute of its neighbours before it: minutes are stretches of
        positions first.
        """
        for cell in cells:
            last = self.minutes[-1] if self.minutes else None
            minute = cell.at.replace(second=0, microsecond=0)
            if last is None or minute > last.minute:
                self.minutes.append(Minute(minute, [cell]))
            elif cell.at.replace(microsecond=0) <= last.cells[-1].at.replace(microsecond=0):
                last.cells[-1] = last.cells[-1].joined(cell)
                last.changed = True
            else:
                last.cells.append(cell)
                last.changed = True
            self.position = cell.upto
        for minute_ in self.minutes[: -self.FINE_MINUTES]:
            _coarsen(minute_)

    def settle(self, now: datetime) -> list[Minute]:
        """Take out, and return, the minutes that are over and agree at every stage.

        A minute is over when the journal has gone on to the next, so the last one never is; nothing depends on clocks.
        """
        settled = [each for each in self.minutes[:-1] if all(each.agrees(stage) for stage in STAGES)]
        for each in settled:
            each.settled_at = now
            each.changed = True
        self.minutes = [each for each in self.minutes if each.settled_at is None]
        return settled

    def totals(self, stage: str) -> tuple[int, int]:
        """What is missing and what is too much, over the open minutes."""
        return (
            sum(minute.missing(stage) for minute in self.minutes),
            sum(minute.surplus(stage) for minute in self.minutes),
        )


def _coarsen(minute: Minute) -> None:
    if len(minute.cells) > 1:
        first, *others = minute.cells
        for cell in others:
            first = first.joined(cell)
        minute.cells = [first]
        minute.changed = True
