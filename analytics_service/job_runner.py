"""The reporter's part in the jobs of everybody: takes whose turn it is, runs a few at once, keeps what it has taken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, Lock, Thread

from pymongo.errors import PyMongoError

from analytics_service.domain.job import Claimed, Progress
from analytics_service.domain.turns import in_turn
from analytics_service.metrics import ReportJobMetrics
from analytics_service.ports.jobs import JobStore
from analytics_service.use_cases.run_job import Guard, Stopped
from service_kit.logging import get_logger

TAKE_SECONDS = 0.25
KEEP_SECONDS = 1.0
log = get_logger(__name__)


@dataclass
class AtWork:
    """A job that this reporter is at; its thread tells how far it is, and hears here that it is to stop."""

    claimed: Claimed
    progress: Progress = field(default_factory=Progress)
    stopped: Event = field(default_factory=Event)

    def begins(self, rows: int) -> None:
        self.check()
        self.progress = Progress(rows=rows)

    def watch(self, done: int, files: int) -> None:
        self.check()
        self.progress = Progress(files, done, self.progress.rows)

    def check(self) -> None:
        if self.stopped.is_set():
            raise Stopped


class JobRunner:
    """Two duties in one: `taking` and `keeping`, each for a thread of its own (service_kit.periodic)."""

    def __init__(
        self, store: JobStore, run: Callable[[Claimed, Guard], None], at_once: int, metrics: ReportJobMetrics
    ) -> None:
        """`run` brings a job to its end, in a thread of its own; at most `at_once` of them."""
        self._store = store
        self._run = run
        self._at_once = at_once
        self._metrics = metrics
        self._at_work: dict[str, AtWork] = {}
        self._lock = Lock()
        self._leaving = False

    def take(self) -> None:
        """Begin what may begin. Raises PyMongoError."""
        while not self._leaving and len(self._at_work) < self._at_once:
            claimed = self._next()
            if claimed is None:
                return
            self._begin(claimed)

    def _next(self) -> Claimed | None:
        with self._lock:
            own = {each.claimed.job.id for each in self._at_work.values()}
        for id in in_turn(self._store.queue()):
            # What this reporter is at may have lapsed, since MongoDB was away: it is kept again in a moment.
            claimed = None if id in own else self._store.claim(id)
            if claimed is not None:
                return claimed
        return None

    def _begin(self, claimed: Claimed) -> None:
        self._metrics.taken(claimed)
        at_work = AtWork(claimed)
        with self._lock:
            self._at_work[claimed.claim] = at_work
            self._metrics.working(len(self._at_work))
        # A daemon: a report that takes long keeps no reporter from ending.
        Thread(target=self._work, args=(at_work,), name=f"report-{claimed.job.id}", daemon=True).start()

    def _work(self, at_work: AtWork) -> None:
        try:
            self._run(at_work.claimed, at_work)
        except Exception as error:  # noqa: BLE001 - its claim lapses, and another attempt is made
            log.warning("job_left", job=at_work.claimed.job.id, error=type(error).__name__, detail=str(error))
        finally:
            with self._lock:
                del self._at_work[at_work.claimed.claim]
                self._metrics.working(len(self._at_work))

    def keep(self) -> None:
        """Tell how far each is, and stop what was called off or lost. Raises PyMongoError."""
        with self._lock:
            held = dict(self._at_work)
        for lost in self._store.keep({claim: each.progress for claim, each in held.items()}):
            held[lost].stopped.set()

    def leave(self) -> None:
        """The process ends: others may take at once what it was at. Nothing was wrong with these attempts."""
        self._leaving = True
        with self._lock:
            held = list(self._at_work.values())
        for each in held:
            each.stopped.set()
            try:
                self._store.put_back(each.claimed, counts=False)
            except PyMongoError as error:
                # Then its lease has to lapse.
                log.warning("job_not_put_back", job=each.claimed.job.id, error=type(error).__name__)

    @property
    def taking(self) -> Duty:
        """For a thread of its own."""
        return Duty("jobs_taken", TAKE_SECONDS, self.take)

    @property
    def keeping(self) -> Duty:
        """For another: taking must not delay it."""
        return Duty("jobs_kept", KEEP_SECONDS, self.keep)


@dataclass(frozen=True)
class Duty:
    """A `service_kit.periodic.Job`."""

    name: str
    period_seconds: float
    run_once: Callable[[], None]
