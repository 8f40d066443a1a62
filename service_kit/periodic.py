"""Work that is done again and again: each job in a thread of its own at its own period, so that none can hold up or end
the others."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Protocol

import structlog

from service_kit.clock import Clock
from service_kit.metrics import JobMetrics
from service_kit.outage_log import OutageLog
from service_kit.process import Progress, StopSignal

log = structlog.get_logger(__name__)

OVERDUE_PERIODS = 5
LEAST_OVERDUE_SECONDS = 20.0
"""A job of a short period may miss a few rounds, since a store that restarts is no reason to call us unready."""
STOP_SECONDS = 5.0
ROUND_SECONDS = 1.0


class Job(Protocol):
    """A piece of work that is done again and again."""

    @property
    def name(self) -> str:
        """Short and fixed: the value of the label `job`."""

    @property
    def period_seconds(self) -> float:
        """From the start of one run to the start of the next."""

    def run_once(self) -> None:
        """Do it. Whatever this raises is a failed run; the next one comes at its time."""


class JobsOverdue(Exception):
    """Jobs have not succeeded for several of their periods; the message names them."""


class Jobs:
    """Runs the jobs until told to stop."""

    def __init__(
        self, jobs: Sequence[Job], metrics: JobMetrics, clock: Clock, patience: Mapping[str, float] | None = None
    ) -> None:
        """`patience`: in seconds, how long a run of a job may take where that is more than a few of its periods."""
        patience = patience or {}
        self._runners = [_Runner(job, metrics, clock, patience.get(job.name, 0.0)) for job in jobs]
        self.progress = Progress(clock)

    def run(self, stop: StopSignal) -> None:
        """Start every job and wait for `stop`; then give the runs under way STOP_SECONDS to end.

        The threads are daemons: one that hangs holds neither the others nor the end of the process.
        """
        threads = [
            threading.Thread(target=runner.run, args=(stop,), name=f"job-{runner.name}", daemon=True)
            for runner in self._runners
        ]
        for thread in threads:
            thread.start()
        while not stop.wait(ROUND_SECONDS):
            self.progress.beat()
        for thread in threads:
            thread.join(STOP_SECONDS / len(threads))

    def check(self) -> None:
        """A ready check; raises JobsOverdue."""
        overdue = [runner.overdue() for runner in self._runners]
        reasons = [reason for reason in overdue if reason]
        if reasons:
            raise JobsOverdue("; ".join(reasons))


class _Runner:
    def __init__(self, job: Job, metrics: JobMetrics, clock: Clock, patience_seconds: float) -> None:
        self._job = job
        self._overdue_after = max(OVERDUE_PERIODS * job.period_seconds, LEAST_OVERDUE_SECONDS, patience_seconds)
        self._metrics = metrics
        self._clock = clock
        self._succeeded_at = clock.monotonic()
        self._outage = OutageLog(log.bind(job=job.name), begins="job_fails", over="job_succeeds_again")
        metrics.expect(job.name, clock.now().timestamp(), self._overdue_after)

    @property
    def name(self) -> str:
        return self._job.name

    def run(self, stop: StopSignal) -> None:
        while not stop.is_set():
            began = self._clock.monotonic()
            self._run_once(began)
            stop.wait(max(0.0, began + self._job.period_seconds - self._clock.monotonic()))

    def _run_once(self, began: float) -> None:
        try:
            self._job.run_once()
        except Exception as error:
            # Counted and said, and the end of no other job.
            self._outage.failed(error)
            log.debug("job_failure", job=self.name, exc_info=True)
            self._metrics.failed(self.name, self._clock.monotonic() - began)
        else:
            self._outage.succeeded()
            self._succeeded_at = self._clock.monotonic()
            self._metrics.succeeded(self.name, self._succeeded_at - began, self._clock.now().timestamp())

    def overdue(self) -> str | None:
        """What is wrong with it, or None."""
        age = self._clock.monotonic() - self._succeeded_at
        if age <= self._overdue_after:
            return None
        return f"{self.name} has not succeeded for {age:.0f} s"
