"""A report job: figures that somebody ordered, made when it is their turn, kept as a file for a while."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum


class JobState(StrEnum):
    """QUEUED, then RUNNING until it is over: DONE, FAILED, CANCELLED; EXPIRED is one that was done, and whose result is
    kept no longer."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


ACTIVE = (JobState.QUEUED, JobState.RUNNING)


@dataclass(frozen=True)
class Order:
    """What is to be made. `filter` is as in a query, texts or lists of them by their names there; `report` and `format`
    the names of an export and of a format; `limit` None where the report's own is meant, or it has none; `thresholds`
    those of the report's that are set."""

    report: str
    filter: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    format: str = "json"
    limit: int | None = None
    thresholds: Mapping[str, int] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """The same for the same order, however it was written: by it a repeated request is known."""
        values = {name: {value} if isinstance(value, str) else set(value) for name, value in self.filter.items()}
        asked = sorted((name, sorted(each)) for name, each in values.items() if each)
        told = [self.report, asked, self.format, self.limit, *sorted(self.thresholds.items())]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()


@dataclass(frozen=True)
class NewJob:
    """An order as it came: whose it is, and whose transfers alone may be seen for it (None: the platform's).

    `key` is unique among a person's jobs, where there is one: a second order with it is the first one again. A job of a
    schedule names it, and the moment it was due.
    """

    id: str
    user_id: str
    viewer: str | None
    order: Order
    key: str | None = None
    schedule_id: str | None = None
    due_at: datetime | None = None


@dataclass(frozen=True)
class Progress:
    """How far it is. Files of the lake are counted; rows are those of the files, so that they go up file by file."""

    files: int = 0
    files_done: int = 0
    rows: int = 0

    @property
    def rows_done(self) -> int:
        """As many of the rows as of the files."""
        return self.rows * self.files_done // self.files if self.files else 0

    @property
    def percent(self) -> int:
        """0 to 100."""
        return 100 * self.files_done // self.files if self.files else 0

    def remaining(self, elapsed: timedelta) -> timedelta | None:
        """How long it will take if it goes on as it has; None before there is anything to tell by."""
        if not self.files_done:
            return None
        return elapsed * (self.files - self.files_done) / self.files_done


@dataclass(frozen=True)
class Result:
    """The finished file. `complete_upto` is the position up to which nothing is missing in it, `complete_at` when the
    ledger decided that one; `engine` is None where none was needed."""

    file: str
    bytes: int
    rows: int
    complete_upto: int
    complete_at: datetime | None
    engine: str | None


@dataclass(frozen=True)
class Job:
    """A job as it is kept. `asked_at` is the moment of the store's clock at which it was read.

    `attempts` counts how often it was begun; `cause` is a stable code of why it failed, `detail` the same in words.
    """

    id: str
    user_id: str
    viewer: str | None
    order: Order
    state: JobState
    created_at: datetime
    begun_at: datetime | None
    finished_at: datetime | None
    expires_at: datetime | None
    asked_at: datetime
    attempts: int
    progress: Progress
    result: Result | None
    cause: str | None
    detail: str | None
    schedule_id: str | None
    due_at: datetime | None

    @property
    def is_active(self) -> bool:
        """Whether anything is still to come of it."""
        return self.state in ACTIVE

    @property
    def eta(self) -> timedelta | None:
        """How long it will still run, by what it has done so far; None where that can't be told."""
        if self.state is not JobState.RUNNING or self.begun_at is None:
            return None
        return self.progress.remaining(self.asked_at - self.begun_at)


@dataclass(frozen=True)
class Claimed:
    """A job that this reporter alone may run until its claim lapses; `number` counts the attempts, this one included.
    `waited` is how long the job was queued."""

    job: Job
    claim: str
    number: int
    waited: timedelta
