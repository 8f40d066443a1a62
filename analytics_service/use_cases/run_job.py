"""One job, from its taking to its end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol

import pyarrow as pa
from pymongo.errors import PyMongoError

from analytics_service.domain.job import Claimed, Job, Progress, Result
from analytics_service.exports import FORMATS, Content
from analytics_service.filters import BadFilterError, selection_of
from analytics_service.lake.results import ResultFolder, ResultTooLargeError
from analytics_service.metrics import ReportJobMetrics
from analytics_service.ports.jobs import JobStore
from analytics_service.reports import LIMIT, REPORTS
from analytics_service.use_cases.exports import Exports, figures_of
from analytics_service.use_cases.reports import Reports
from service_kit.clock import Clock
from service_kit.errors import Problem, Unavailable
from service_kit.logging import get_logger
from service_kit.retries import Backoff, retry

PAUSE = timedelta(seconds=5)
PASSING = (PyMongoError, OSError, Unavailable)
"""What may be better with the next attempt: a store, a disk, a cluster that is away; a file that was swept."""
CONCLUDING = Backoff(initial_seconds=0.2, max_seconds=2.0, attempts=20)
"""How long a result waits for a store that is away, before another attempt makes it again."""
log = get_logger(__name__)


class Stopped(Exception):
    """The job is no longer this reporter's: it was called off, or another has it."""


class Guard(Protocol):
    """Who looks on, and stops what was called off: each method but the property may raise Stopped."""

    @property
    def progress(self) -> Progress:
        """How far it is."""

    def begins(self, rows: int) -> None:
        """The files have so many rows."""

    def watch(self, done: int, files: int) -> None:
        """So many of the files have been read."""

    def check(self) -> None:
        """It goes on."""


@dataclass(frozen=True)
class Bounds:
    """How often a job may be begun, and how many bytes a result may have."""

    attempts: int
    result_bytes: int


class RunJob:
    """Makes the figures as they are made for a request, with the rights that the order was placed with."""

    def __init__(
        self,
        store: JobStore,
        reports: Reports,
        exports: Exports,
        folder: ResultFolder,
        bounds: Bounds,
        metrics: ReportJobMetrics,
        clock: Clock,
    ) -> None:
        self._store = store
        self._reports = reports
        self._exports = exports
        self._folder = folder
        self._bounds = bounds
        self._metrics = metrics
        self._clock = clock

    def run(self, claimed: Claimed, guard: Guard) -> None:
        """Bring it to its end, or leave it to another attempt. Raises PyMongoError, when the lease tells the rest."""
        began = self._clock.monotonic()
        try:
            result = self._made(claimed, guard)
        except Stopped:
            self._metrics.stopped()
        except PASSING as error:
            self._another_time(claimed, error)
        except (Problem, BadFilterError, ResultTooLargeError) as error:
            self._fail(claimed, *_told(error, self._bounds.result_bytes))
        except Exception:
            log.exception("job_crashed", job=claimed.job.id)
            self._fail(claimed, Problem.code, f"{Problem.title}; it has been logged.")
        else:
            self._finish(claimed, result, guard.progress, self._clock.monotonic() - began)

    def _made(self, claimed: Claimed, guard: Guard) -> Result:
        job = claimed.job
        content = self._content(job, guard)
        # A name of this claim's own: two reporters that both believe it theirs don't write to one file.
        file = f"{job.id}-{claimed.number}-{claimed.claim[:8]}.{job.order.format}"
        counted = _Counted(content.batches, guard)
        chunks = FORMATS[job.order.format].chunks(replace(content, batches=counted))
        size = self._folder.write(file, chunks, self._bounds.result_bytes)
        upto = content.about.complete_upto
        return Result(file, size, counted.rows, upto.position, upto.occurred_at, content.about.engine)

    def _content(self, job: Job, guard: Guard) -> Content:
        order = job.order
        selection = selection_of(order.filter).seen_by(job.viewer)
        report = REPORTS.get(order.report)
        guard.begins(self._reports.size(report.selects(selection) if report else selection))
        figures = figures_of(job.viewer, selection)
        limit = order.limit or LIMIT
        return self._exports.content(order.report, selection, figures, limit, guard.watch, order.thresholds)

    def _finish(self, claimed: Claimed, result: Result, progress: Progress, seconds: float) -> None:
        # A store that went away may have ended it and not said so; then the claim is gone, and the file is named.
        if self._concluded(
            lambda: self._store.finish(claimed, result, progress) or bool(self._store.named([result.file]))
        ):
            self._metrics.done(seconds, result.bytes)
            log.info("job_done", job=claimed.job.id, report=claimed.job.order.report, seconds=round(seconds, 3))
        else:
            self._folder.delete(result.file)
            self._metrics.stopped()

    def _another_time(self, claimed: Claimed, error: Exception) -> None:
        log.warning("job_attempt_failed", job=claimed.job.id, number=claimed.number, error=type(error).__name__)
        if claimed.number >= self._bounds.attempts:
            cause = error.code if isinstance(error, Problem) else Unavailable.code
            self._fail(claimed, cause, f"{claimed.number} attempts have failed, the last with {type(error).__name__}.")
        elif self._concluded(lambda: self._store.put_back(claimed, PAUSE)):
            self._metrics.put_back()

    def _fail(self, claimed: Claimed, cause: str, detail: str) -> None:
        if self._concluded(lambda: self._store.fail(claimed, cause, detail)):
            self._metrics.failed()

    def _concluded(self, conclude: Callable[[], bool]) -> bool:
        return retry(conclude, passing=(PyMongoError,), sleep=self._clock.sleep, backoff=CONCLUDING)


class _Counted:
    """Batches on their way, their rows counted; each may be the last, where the job is called off."""

    def __init__(self, batches: Iterable[pa.RecordBatch], guard: Guard) -> None:
        self._batches = batches
        self._guard = guard
        self.rows = 0

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        for batch in self._batches:
            self._guard.check()
            self.rows += batch.num_rows
            yield batch


def _told(error: Exception, bytes_max: int) -> tuple[str, str]:
    """Cause and detail of a failure that no attempt will mend."""
    if isinstance(error, ResultTooLargeError):
        return "result_too_large", f"It has more than {bytes_max} bytes. Narrow the filter, for example to fewer days."
    if isinstance(error, Problem):
        return error.code, error.detail or error.title
    return "invalid_request", str(error)
