"""Are the reports right? Each closed interval of the journal is held against the ledger's own figures, once it is whole
in the lake; those that differ until they don't, and the others again and again, one at a time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import structlog

from analytics_service.domain.covered import Watermark
from analytics_service.domain.reconciliation import NOTHING, Interval, held_against
from analytics_service.metrics import ReconciliationMetrics
from analytics_service.ports import Ledger, Reconciliations
from analytics_service.use_cases.reported import Reported
from service_kit.clock import Clock

log = structlog.get_logger(__name__)

POSITIONS_MAX = 50_000
"""In one interval: its rows and accounts are in memory."""
STRETCH_POSITIONS = 10_000
"""That the ledger is asked for at once."""
INTERVALS_AT_ONCE = 20
BROKEN_AT_ONCE = 5
AGREEING_AT_ONCE = 1


class Reconcile:
    """A job of the reporter. Several reporters do the same work twice, and find the same."""

    name = "reconciliation"

    def __init__(
        self,
        ledger: Ledger,
        reported: Reported,
        kept: Reconciliations,
        metrics: ReconciliationMetrics,
        clock: Clock,
        period_seconds: float,
    ) -> None:
        self._ledger = ledger
        self._reported = reported
        self._kept = kept
        self._metrics = metrics
        self._clock = clock
        self.period_seconds = period_seconds

    def run_once(self) -> None:
        """Raises LedgerAway, PyMongoError, and OSError for a file that the manifest names and nobody can read."""
        began = self._clock.now()
        watermark = self._reported.watermark()
        done = self._kept.upto()
        for _ in range(INTERVALS_AT_ONCE):
            if done >= watermark.position:
                break
            upto = min(done + POSITIONS_MAX, watermark.position)
            self._keep_new(self._looked_at(done, upto))
            done = upto
        for known in self._kept.to_look_at_again(BROKEN_AT_ONCE, AGREEING_AT_ONCE):
            self._kept.keep(self._looked_at(known.after, known.upto, known))
        self._metrics.found(self._kept.breaks(), done)
        self._tell_age(began, done, watermark)

    def _keep_new(self, interval: Interval) -> None:
        # An interval a minute would be half a million a year.
        if not (interval.agrees and self._kept.extend(interval, POSITIONS_MAX)):
            self._kept.keep(interval)

    def _looked_at(self, after: int, upto: int, known: Interval | None = None) -> Interval:
        reports, kept = self._reported.figures(after, upto)
        ledger = NOTHING
        for first, last in _stretches(after, upto, kept.after):
            ledger = ledger.then(kept.of(self._ledger.stretch(first, last).figures, first))
        now = self._clock.now()
        found = held_against(after, upto, ledger, reports, now, known.broken_since if known else None)
        if found.agrees != (known is None or known.agrees):
            log.warning("reconciliation_changed", after=after, upto=upto, agrees=found.agrees, **found.counts)
        return found

    def _tell_age(self, began: datetime, done: int, watermark: Watermark) -> None:
        """Up to which moment it has all been held against the ledger: up to now, where the ledger has no more."""
        if done < watermark.position:
            return
        if self._ledger.stretch(done, done + 1).head <= done:
            self._metrics.reconciled_upto(began)
        elif watermark.occurred_at is not None:
            self._metrics.reconciled_upto(watermark.occurred_at)


def _stretches(after: int, upto: int, kept_after: int) -> Iterator[tuple[int, int]]:
    """What is asked for at once; none has both what the lake has let go of and what it keeps."""
    first = after
    while first < upto:
        last = min(first + STRETCH_POSITIONS, upto)
        if first < kept_after:
            last = min(last, kept_after)
        yield first, last
        first = last
