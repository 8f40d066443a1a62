"""What keeps jobs and results in order, beside the work itself. Any number of reporters may do it."""

from __future__ import annotations

from analytics_service.lake.results import ResultFolder
from analytics_service.metrics import ReportJobMetrics
from analytics_service.ports.jobs import JobStore
from service_kit.clock import Clock
from service_kit.logging import get_logger

PERIOD_SECONDS = 5.0
SWEEP_SECONDS = 300.0
GRACE_SECONDS = 3_600.0
"""How long a file that no job names may stay: longer than it takes to name one that was just written."""
FILES_A_ROUND = 500
log = get_logger(__name__)


class JobUpkeep:
    """Gives up what no reporter survived, deletes results whose time is over, and tells how many jobs there are."""

    name = "job_upkeep"
    period_seconds = PERIOD_SECONDS

    def __init__(self, store: JobStore, folder: ResultFolder, metrics: ReportJobMetrics, clock: Clock) -> None:
        self._store = store
        self._folder = folder
        self._metrics = metrics
        self._clock = clock
        self._sweep_at = clock.monotonic()

    def run_once(self) -> None:
        """One round. Raises PyMongoError, OSError."""
        given_up = self._store.give_up()
        if given_up:
            self._metrics.failed(given_up)
            log.error("jobs_given_up", count=given_up)
        for file in self._store.expire(FILES_A_ROUND):
            self._folder.delete(file)
            self._store.forget_file(file)
        if self._clock.monotonic() >= self._sweep_at:
            self.sweep()
            self._sweep_at = self._clock.monotonic() + SWEEP_SECONDS
        self._metrics.kept(self._store.backlog())

    def sweep(self) -> None:
        """Delete what no job names: of reporters that were killed, of jobs that were deleted."""
        old = self._folder.written_before(self._clock.now().timestamp() - GRACE_SECONDS)
        strays = set(old) - self._store.named(old) if old else set()
        for file in strays:
            self._folder.delete(file)
        if strays:
            log.info("results_swept", files=len(strays))
