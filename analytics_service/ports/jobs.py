"""The jobs of everybody: what people order, what reporters take and run."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from analytics_service.domain.job import Claimed, Job, JobState, NewJob, Progress, Result
from analytics_service.domain.turns import Queue

LEASE = timedelta(seconds=10)
"""How long a reporter that died keeps what it was at. It is renewed every second; on a machine that is very busy, some
seconds late."""
GIVEN_UP = "given_up"
"""The cause of a job whose reporter died at every attempt."""


@dataclass(frozen=True)
class Kept:
    """How long jobs are kept: `result`, then `record` more, in which what became of it can still be asked.

    A key is known as long as its job's record. `attempts`: begun so often and not ended, a job has failed.
    """

    result: timedelta = timedelta(days=7)
    record: timedelta = timedelta(days=30)
    attempts: int = 5


@dataclass(frozen=True)
class Added:
    """The job of an order; `is_new` is False where the key was used before, for this same order or another."""

    job: Job
    is_new: bool


@dataclass(frozen=True)
class Backlog:
    """How many jobs there are, by state; and for how long the longest waiting one has been queued, zero without one."""

    states: Mapping[JobState, int]
    oldest: timedelta


class NoRoom(Exception):
    """The person has as many jobs queued and running as a person may have."""


class JobStore(Protocol):
    """Every moment is told by the store's own clock. Every method raises PyMongoError where the database is away."""

    def add(self, new: NewJob, most: int) -> Added:
        """Order a job, durably, unless its key was used before; a person has at most `most` active ones.

        Raises NoRoom.
        """

    def find(self, id: str) -> Job | None:
        """One of them."""

    def page(self, before: str | None, limit: int, user_id: str | None = None) -> list[Job]:
        """The latest ordered first, from below the id `before`; of one person where given."""

    def queue(self) -> Queue:
        """All that is active, for `domain.turns`."""

    def cancel(self, id: str) -> bool:
        """Stop it: whoever runs it hears of it with its next `keep`. False, and nothing, where it is over."""

    def drop(self, id: str) -> str | None:
        """Stop it, and let nobody see it from now on; the name of its result's file, where it has one to delete."""

    # For reporters: several may ask at once.

    def claim(self, id: str) -> Claimed | None:
        """Take a waiting job; None where somebody was quicker, or it was called off."""

    def keep(self, progress: Mapping[str, Progress]) -> set[str]:
        """Still at work on the jobs of these claims, so far: let them lapse later. Those that are lost are returned:
        called off, or taken by another."""

    def finish(self, claimed: Claimed, result: Result, progress: Progress) -> bool:
        """It is done, with all of its files; False, and nothing, where the claim is lost."""

    def fail(self, claimed: Claimed, cause: str, detail: str) -> bool:
        """It has failed for good; False, and nothing, where the claim is lost."""

    def put_back(self, claimed: Claimed, pause: timedelta = timedelta(), *, counts: bool = True) -> bool:
        """Let it be taken again, not before `pause`; the attempt `counts` unless nothing was wrong with it."""

    # Of schedules.

    def untold(self, limit: int) -> list[Job]:
        """Scheduled jobs that are done or have failed, and whose person hasn't been told so."""

    def told(self, id: str) -> None:
        """They have been told."""

    # Upkeep, whoever does it.

    def give_up(self) -> int:
        """Fail what lapsed at its last attempt; how many."""

    def expire(self, limit: int) -> list[str]:
        """Results whose time is over: their jobs are EXPIRED, and these their files to delete, at most `limit`."""

    def forget_file(self, file: str) -> None:
        """An expired job's file is gone."""

    def named(self, files: Collection[str]) -> set[str]:
        """Those of `files` that a job names as its result."""

    def backlog(self) -> Backlog:
        """For the gauges."""
