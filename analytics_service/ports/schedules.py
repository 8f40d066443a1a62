"""The schedules of everybody."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from analytics_service.domain.schedule import Schedule


@dataclass(frozen=True)
class Due:
    """A schedule whose moment has come, and the store's time at which it was seen to."""

    schedule: Schedule
    seen_at: datetime


class ScheduleStore(Protocol):
    """Every moment is told by the store's own clock. Every method raises PyMongoError where the database is away."""

    def now(self) -> datetime:
        """By that clock."""

    def add(self, schedule: Schedule, most: int) -> None:
        """Keep a new one; a person has at most `most`. Raises `ports.jobs.NoRoom`."""

    def find(self, id: str) -> Schedule | None:
        """One of them."""

    def of(self, user_id: str) -> list[Schedule]:
        """A person's, the oldest first."""

    def delete(self, id: str) -> bool:
        """It is due no more; False where it wasn't there."""

    def due(self, limit: int, besides: Collection[str] = ()) -> list[Due]:
        """Those whose moment has come, the longest due first; not of the people `besides`."""

    def move_on(self, schedule: Schedule, next_due: datetime, due: datetime, job_id: str | None) -> bool:
        """What was due at `due` has been seen to; False, and nothing, where somebody else has moved it on."""
