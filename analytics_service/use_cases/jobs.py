"""What people do with jobs: order, look, cancel, fetch, delete."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from analytics_service.domain.job import Job, JobState, NewJob, Order, Result
from analytics_service.domain.job_errors import (
    JobHasNoResult,
    JobIsOver,
    JobKeyReused,
    JobNotDone,
    JobNotFound,
    ResultExpired,
    TooManyJobs,
)
from analytics_service.domain.turns import in_turn
from analytics_service.exports import FORMATS
from analytics_service.filters import OthersFigures
from analytics_service.lake.results import ResultFolder
from analytics_service.ports.jobs import JobStore, NoRoom

ASK_AGAIN_SECONDS = 2


@dataclass(frozen=True)
class Asker:
    """Who asks. `viewer`: the user whose transfers alone they may see, None for the platform's; `may_stop_all`: they
    administer the platform."""

    user_id: str
    viewer: str | None
    may_stop_all: bool = False

    @property
    def sees_all(self) -> bool:
        """Whether they may look at everybody's jobs, though at nobody's result."""
        return self.viewer is None


@dataclass(frozen=True)
class Seen:
    """A job as it is looked at. `ahead`: how many are taken before it; None unless it is queued."""

    job: Job
    ahead: int | None


@dataclass(frozen=True)
class Page:
    """Jobs, the latest first. `next_before` is the cursor of what follows; None at the end."""

    jobs: Sequence[Seen]
    next_before: str | None


@dataclass(frozen=True)
class Download:
    """A result's file, as it is given away."""

    path: Path
    media_type: str
    name: str
    result: Result


class AskForJobs:
    """Nobody reads another's result, whatever they may see."""

    def __init__(self, store: JobStore, folder: ResultFolder, most: int, new_id: Callable[[], str]) -> None:
        """`most` jobs of one person may wait and run at once."""
        self._store = store
        self._folder = folder
        self._most = most
        self._new_id = new_id

    def order(self, asker: Asker, order: Order, key: str | None = None) -> tuple[Seen, bool]:
        """The job, and whether it is new: the same order with the same key is the same job.

        Raises TooManyJobs; JobKeyReused where the key belongs to another order.
        """
        new = NewJob(self._new_id(), asker.user_id, asker.viewer, order, key and f"asked:{key}")
        try:
            added = self._store.add(new, self._most)
        except NoRoom:
            raise TooManyJobs(f"At most {self._most} may wait and run.") from None
        if added.job.order.fingerprint != order.fingerprint:
            raise JobKeyReused
        return self._seen([added.job])[0], added.is_new

    def one(self, asker: Asker, id: str) -> Seen:
        """Raises JobNotFound."""
        return self._seen([self._find(asker, id)])[0]

    def page(self, asker: Asker, before: str | None, limit: int, *, everybody: bool = False) -> Page:
        """The asker's own, or everybody's: who may ask for those is the caller's to check."""
        jobs = self._store.page(before, limit + 1, None if everybody else asker.user_id)
        more = len(jobs) > limit
        return Page(self._seen(jobs[:limit]), jobs[limit - 1].id if more else None)

    def cancel(self, asker: Asker, id: str) -> Seen:
        """Harmless where it was done before. Raises JobNotFound; JobIsOver where it ended otherwise."""
        job = self._find(asker, id, to_stop=True)
        if not self._store.cancel(id):
            job = self._find(asker, id, to_stop=True)
            if job.state is not JobState.CANCELLED:
                raise JobIsOver(f"It is {job.state}.")
        return self.one(asker, id)

    def delete(self, asker: Asker, id: str) -> None:
        """Nobody sees it from now on, and its result is gone. Raises JobNotFound."""
        self._find(asker, id, own=True)
        file = self._store.drop(id)
        if file is not None:
            # A file that is left, since this process died here, is swept: nobody names it.
            self._folder.delete(file)

    def download(self, asker: Asker, id: str) -> Download:
        """Raises JobNotFound, JobNotDone, JobHasNoResult, ResultExpired; OthersFigures where the asker could see the
        platform's figures when they ordered it, and can't any more."""
        job = self._find(asker, id, own=True)
        if job.viewer is None and not asker.sees_all:
            raise OthersFigures("You may no longer see the platform's figures.")
        if job.is_active:
            raise JobNotDone(f"It is {job.state}.", headers={"Retry-After": str(ASK_AGAIN_SECONDS)})
        if job.state in (JobState.FAILED, JobState.CANCELLED):
            raise JobHasNoResult(f"It is {job.state}.", state=job.state, cause=job.cause)
        if job.state is JobState.EXPIRED or job.result is None:
            raise ResultExpired
        path = self._folder.path(job.result.file)
        return Download(path, FORMATS[job.order.format].media_type, _name(job), job.result)

    def _find(self, asker: Asker, id: str, *, own: bool = False, to_stop: bool = False) -> Job:
        job = self._store.find(id)
        others = False if own else asker.may_stop_all if to_stop else asker.sees_all
        if job is None or (job.user_id != asker.user_id and not others):
            raise JobNotFound
        return job

    def _seen(self, jobs: Iterable[Job]) -> list[Seen]:
        jobs = list(jobs)
        queued = any(job.state is JobState.QUEUED for job in jobs)
        places = {id: place for place, id in enumerate(in_turn(self._store.queue()))} if queued else {}
        # What rests before its next attempt is in nobody's way, and its turn comes after all that wait.
        return [Seen(job, places.get(job.id, len(places)) if job.state is JobState.QUEUED else None) for job in jobs]


def _name(job: Job) -> str:
    """What the file is called where it is saved."""
    return f"{job.order.report}-{job.created_at:%Y%m%d-%H%M%S}.{job.order.format}"
