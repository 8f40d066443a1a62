"""The store of schedules in memory: passes the same tests as the one in MongoDB (schedule_contract.py)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from analytics_service.domain.schedule import Schedule
from analytics_service.ports.jobs import NoRoom
from analytics_service.ports.schedules import Due
from service_kit.clock import Clock


class SchedulesInMemory:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._schedules: dict[str, Schedule] = {}

    def now(self) -> datetime:
        return self._clock.now()

    def add(self, schedule: Schedule, most: int) -> None:
        if len(self.of(schedule.user_id)) >= most:
            raise NoRoom
        self._schedules[schedule.id] = schedule

    def find(self, id: str) -> Schedule | None:
        return self._schedules.get(id)

    def of(self, user_id: str) -> list[Schedule]:
        return [each for _, each in sorted(self._schedules.items()) if each.user_id == user_id]

    def delete(self, id: str) -> bool:
        return self._schedules.pop(id, None) is not None

    def due(self, limit: int, besides: Collection[str] = ()) -> list[Due]:
        now = self._clock.now()
        due = [each for each in self._schedules.values() if each.next_due <= now and each.user_id not in besides]
        return [Due(each, now) for each in sorted(due, key=lambda each: each.next_due)[:limit]]

    def move_on(self, schedule: Schedule, next_due: datetime, due: datetime, job_id: str | None) -> bool:
        kept = self._schedules.get(schedule.id)
        if kept is None or kept.next_due != schedule.next_due:
            return False
        self._schedules[schedule.id] = replace(kept, next_due=next_due, last_due=due, last_job=job_id)
        return True
