"""Has the relay publish again what a stage lacks: what `repair` decides, done and counted.

What it can mend: events that the topic has lost, and such that a consumer has passed over. Whoever has an event knows
it by its id (the inbox) or by its position (the lake), so nobody is told twice and nothing is counted twice. What it
can't: an event that its consumer refuses, which goes to the dead letters again. What stands still is left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Protocol

import structlog

from monitoring.asking import SourceAway
from monitoring.reconciliation.holes import Hole, holes
from monitoring.reconciliation.metrics import STAGES, ReconciliationMetrics
from monitoring.reconciliation.minutes import Cell, Figures, Minute, total_of
from monitoring.reconciliation.repair import Repair, Step, first_due
from monitoring.reconciliation.survey import Ask
from service_kit.clock import Clock

log = structlog.get_logger(__name__)

Order = Callable[[Hole], None]
"""Has the positions published again; raises SourceAway."""
Lag = Callable[[str], float | None]
"""By how many seconds the consumer of a stage is behind the topic; None where nobody knows."""


class Journal(Protocol):
    """What must be there, and up to where the relay has published it. Each raises PyMongoError."""

    def cells(self, after: int, upto: int | None = None) -> list[Cell]: ...

    def published(self) -> int: ...


class Repairer:
    """Belongs to the reconciliation's thread."""

    def __init__(
        self, journal: Journal, order: Order, lag: Lag, grace: timedelta, metrics: ReconciliationMetrics, clock: Clock
    ) -> None:
        """`grace`: how long a stage may take by itself; 0: nothing is ever ordered."""
        self._journal = journal
        self._order = order
        self._lag = lag
        self._grace = grace
        self._metrics = metrics
        self._clock = clock

    def run(self, minutes: Sequence[Minute], asks: Mapping[str, Ask], unknown: Collection[str]) -> None:
        """Look at what each minute lacks, and have some of one of them published again.

        `unknown`: the stages of which nothing new is known. Raises PyMongoError.
        """
        if not self._grace:
            return
        cursor, has_asked = self._journal.published(), False
        for stage in STAGES:
            late = not {stage, "published"}.isdisjoint(unknown) or self._lags(stage)
            for minute in minutes:
                in_the_way = late or _waits(minute, stage, cursor)
                if self._look(minute, stage, in_the_way) is Step.ASK and not has_asked:
                    self._ask(minute, stage, asks[stage])
                    has_asked = True

    def _lags(self, stage: str) -> bool:
        lag = 0.0 if stage == "published" else self._lag(stage)
        return lag is None or lag > self._grace.total_seconds()

    def _look(self, minute: Minute, stage: str, in_the_way: bool) -> Step:
        before = self._repair(minute, stage)
        repair, step = before.looked(minute.missing(stage), in_the_way, self._clock.now(), self._grace)
        # That it waits is not worth a write: in an outage every minute does.
        minute.repairs[stage] = repair
        if step in (Step.MENDED, Step.GIVEN_UP):
            minute.changed = True
            self._metrics.repairs.labels(stage, step).inc()
            log.warning("repair_ended", end=step, missing=minute.missing(stage), **_names(minute, stage))
        return step

    def _ask(self, minute: Minute, stage: str, ask: Ask) -> None:
        def look(after: int, upto: int) -> tuple[Figures, Figures]:
            expected = total_of(cell.expected(stage) for cell in self._cells(after, upto))
            return expected, ask(after, upto)

        ordered: list[Hole] = []
        try:
            for hole in holes(minute.after, minute.upto, look):
                self._order(hole)
                ordered.append(hole)
        except SourceAway as error:
            self._metrics.repairs.labels(stage, "failed").inc()
            log.warning("repair_failed", error=str(error), **_names(minute, stage))
        repair, missing, now = minute.repairs[stage], minute.missing(stage), self._clock.now()
        if not ordered:
            minute.repairs[stage] = repair.postponed(now, self._grace)
            return
        positions = sum(hole.size for hole in ordered)
        minute.repairs[stage] = repair.asked(missing, positions, now, self._grace)
        minute.changed = True
        self._metrics.repairs.labels(stage, "ordered").inc()
        ranges = [f"{hole.first}-{hole.last}" for hole in ordered]
        log.warning("repair_ordered", missing=missing, positions=positions, ranges=ranges, **_names(minute, stage))

    def _cells(self, after: int, upto: int) -> Iterator[Cell]:
        """All of them: the journal tells so many positions at once."""
        while after < upto and (cells := self._journal.cells(after, upto)):
            yield from cells
            after = cells[-1].upto

    def _repair(self, minute: Minute, stage: str) -> Repair:
        return minute.repairs.get(stage) or first_due(minute.minute, self._grace)


def _waits(minute: Minute, stage: str, cursor: int) -> bool:
    """Whether it gets what it lacks by itself, or not before the stage before it has it."""
    return minute.upto > cursor if stage == "published" else minute.missing("published") > 0


def _names(minute: Minute, stage: str) -> dict[str, str]:
    return {"stage": stage, "minute": minute.minute.isoformat()}
