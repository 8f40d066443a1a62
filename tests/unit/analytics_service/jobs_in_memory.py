"""The store of jobs in memory: passes the same tests as the one in MongoDB (job_contract.py)."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from analytics_service.domain.job import ACTIVE, Claimed, Job, JobState, NewJob, Progress, Result
from analytics_service.domain.turns import Active, Queue
from analytics_service.ports.jobs import GIVEN_UP, LEASE, Added, Backlog, Kept, NoRoom
from service_kit.clock import Clock


@dataclass
class _Kept:
    job: Job
    key: str | None
    queued_at: datetime
    not_before: datetime
    claim: str | None = None
    lease_until: datetime | None = None
    forget_at: datetime | None = None
    hidden: bool = False
    untold: bool = False


class JobsInMemory:
    def __init__(self, clock: Clock, kept: Kept = Kept(), lease: timedelta = LEASE) -> None:  # noqa: B008 - frozen
        self._clock = clock
        self._times = kept
        self._lease = lease
        self._jobs: dict[str, _Kept] = {}
        self._turns: dict[str, datetime] = {}
        self._claims = itertools.count(1)

    def add(self, new: NewJob, most: int) -> Added:
        for kept in self._jobs.values():
            if new.key is not None and (kept.job.user_id, kept.key) == (new.user_id, new.key):
                return Added(self._read(kept), is_new=False)
        if sum(kept.job.user_id == new.user_id for kept in self._active()) >= most:
            raise NoRoom
        now = self._clock.now()
        job = Job(
            id=new.id,
            user_id=new.user_id,
            viewer=new.viewer,
            order=new.order,
            state=JobState.QUEUED,
            created_at=now,
            begun_at=None,
            finished_at=None,
            expires_at=None,
            asked_at=now,
            attempts=0,
            progress=Progress(),
            result=None,
            cause=None,
            detail=None,
            schedule_id=new.schedule_id,
            due_at=new.due_at,
        )
        self._jobs[new.id] = _Kept(job, new.key, now, now, untold=new.schedule_id is not None)
        return Added(job, is_new=True)

    def _active(self) -> list[_Kept]:
        return [kept for kept in self._jobs.values() if kept.job.state in ACTIVE]

    def _read(self, kept: _Kept) -> Job:
        now, job = self._clock.now(), kept.job
        over = job.state is JobState.DONE and job.expires_at is not None and job.expires_at <= now
        return replace(job, asked_at=now, state=JobState.EXPIRED if over else job.state)

    def find(self, id: str) -> Job | None:
        kept = self._jobs.get(id)
        return self._read(kept) if kept and not kept.hidden else None

    def page(self, before: str | None, limit: int, user_id: str | None = None) -> list[Job]:
        shown = [
            kept
            for id, kept in sorted(self._jobs.items(), reverse=True)
            if not kept.hidden and (before is None or id < before) and user_id in (None, kept.job.user_id)
        ]
        return [self._read(kept) for kept in shown[:limit]]

    def queue(self) -> Queue:
        now = self._clock.now()
        active = [
            Active(kept.job.id, kept.job.user_id, kept.job.state is JobState.QUEUED or self._lapsed(kept))
            for kept in self._active()
            if not (kept.job.state is JobState.QUEUED and kept.not_before > now)
        ]
        people = {job.user_id for job in active}
        return Queue(tuple(active), {who: at for who, at in self._turns.items() if who in people})

    def _lapsed(self, kept: _Kept) -> bool:
        assert kept.lease_until is not None
        return kept.lease_until <= self._clock.now() and kept.job.attempts < self._times.attempts

    def cancel(self, id: str) -> bool:
        kept = self._jobs.get(id)
        if kept is None or kept.hidden or kept.job.state not in ACTIVE:
            return False
        self._end(kept, JobState.CANCELLED)
        return True

    def drop(self, id: str) -> str | None:
        self.cancel(id)
        kept = self._jobs.get(id)
        if kept is None or kept.hidden:
            return None
        result = kept.job.result
        kept.hidden, kept.job = True, replace(kept.job, state=JobState.CANCELLED, result=None)
        return result.file if result else None

    def claim(self, id: str) -> Claimed | None:
        now, kept = self._clock.now(), self._jobs.get(id)
        if kept is None:
            return None
        ready = kept.job.state is JobState.QUEUED and kept.not_before <= now
        if not ready and not (kept.job.state is JobState.RUNNING and self._lapsed(kept)):
            return None
        kept.claim, kept.lease_until = f"claim-{next(self._claims)}", now + self._lease
        kept.job = replace(
            kept.job,
            state=JobState.RUNNING,
            begun_at=now,
            asked_at=now,
            attempts=kept.job.attempts + 1,
            progress=Progress(),
        )
        self._turns[kept.job.user_id] = now
        return Claimed(kept.job, kept.claim, kept.job.attempts, now - kept.queued_at)

    def keep(self, progress: Mapping[str, Progress]) -> set[str]:
        held = {kept.claim: kept for kept in self._jobs.values() if kept.job.state is JobState.RUNNING}
        for claim in held.keys() & progress.keys():
            kept = held[claim]
            kept.lease_until = self._clock.now() + self._lease
            kept.job = replace(kept.job, progress=progress[claim or ""])
        return {claim for claim in progress if claim not in held}

    def finish(self, claimed: Claimed, result: Result, progress: Progress) -> bool:
        kept = self._held(claimed)
        if kept:
            self._end(kept, JobState.DONE, self._times.result)
            kept.job = replace(kept.job, result=result, progress=progress)
        return kept is not None

    def fail(self, claimed: Claimed, cause: str, detail: str) -> bool:
        kept = self._held(claimed)
        if kept:
            self._end(kept, JobState.FAILED)
            kept.job = replace(kept.job, cause=cause, detail=detail)
        return kept is not None

    def put_back(self, claimed: Claimed, pause: timedelta = timedelta(), *, counts: bool = True) -> bool:
        kept = self._held(claimed)
        if kept:
            kept.queued_at = kept.not_before = self._clock.now() + pause
            kept.claim = None
            kept.job = replace(kept.job, state=JobState.QUEUED, attempts=kept.job.attempts - (not counts))
        return kept is not None

    def _held(self, claimed: Claimed) -> _Kept | None:
        kept = self._jobs[claimed.job.id]
        return kept if kept.job.state is JobState.RUNNING and kept.claim == claimed.claim else None

    def _end(self, kept: _Kept, state: JobState, stays: timedelta = timedelta()) -> None:
        now = self._clock.now()
        kept.claim, kept.forget_at = None, now + stays + self._times.record
        kept.job = replace(kept.job, state=state, finished_at=now, expires_at=now + stays)

    def untold(self, limit: int) -> list[Job]:
        over = (JobState.DONE, JobState.FAILED, JobState.EXPIRED)
        found = [kept for kept in self._jobs.values() if kept.untold and not kept.hidden and kept.job.state in over]
        return [self._read(kept) for kept in found[:limit]]

    def told(self, id: str) -> None:
        self._jobs[id].untold = False

    def give_up(self) -> int:
        now = self._clock.now()
        worn_out = [
            kept
            for kept in self._active()
            if kept.lease_until is not None
            and kept.job.state is JobState.RUNNING
            and kept.lease_until <= now
            and kept.job.attempts >= self._times.attempts
        ]
        for kept in worn_out:
            self._end(kept, JobState.FAILED)
            kept.job = replace(kept.job, cause=GIVEN_UP, detail="No reporter came to its end.")
        return len(worn_out)

    def expire(self, limit: int) -> list[str]:
        for kept in self._jobs.values():
            kept.job = replace(kept.job, state=self._read(kept).state)
        expired = [kept.job.result for kept in self._jobs.values() if kept.job.state is JobState.EXPIRED]
        return [result.file for result in expired if result][:limit]

    def forget_file(self, file: str) -> None:
        for kept in self._jobs.values():
            if kept.job.state is JobState.EXPIRED and kept.job.result and kept.job.result.file == file:
                kept.job = replace(kept.job, result=None)

    def named(self, files: Collection[str]) -> set[str]:
        return {kept.job.result.file for kept in self._jobs.values() if kept.job.result} & set(files)

    def backlog(self) -> Backlog:
        now = self._clock.now()
        queued = [kept.queued_at for kept in self._jobs.values() if kept.job.state is JobState.QUEUED]
        oldest = max(timedelta(), now - min(queued)) if queued else timedelta()
        return Backlog(Counter(kept.job.state for kept in self._jobs.values()), oldest)
