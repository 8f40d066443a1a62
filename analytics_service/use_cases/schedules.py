"""What people do with schedules: make, look at, delete."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from analytics_service.domain.job import Order
from analytics_service.domain.job_errors import ScheduleNotFound, TooManySchedules
from analytics_service.domain.schedule import Period, Rhythm, Schedule
from analytics_service.ports.jobs import NoRoom
from analytics_service.ports.schedules import ScheduleStore


class Schedules:
    """Each sees and ends their own."""

    def __init__(self, store: ScheduleStore, most: int, new_id: Callable[[], str]) -> None:
        """A person has at most `most`."""
        self._store = store
        self._most = most
        self._new_id = new_id

    def make(self, user_id: str, order: Order, period: Period, rhythm: Rhythm) -> Schedule:
        """Due for the first time at its next moment from now on. Raises TooManySchedules."""
        now = self._store.now()
        schedule = Schedule(self._new_id(), user_id, order, period, rhythm, now, rhythm.next_after(now))
        try:
            self._store.add(schedule, self._most)
        except NoRoom:
            raise TooManySchedules(f"At most {self._most} are kept of a person.") from None
        return schedule

    def all(self, user_id: str) -> Sequence[Schedule]:
        """The oldest first."""
        return self._store.of(user_id)

    def one(self, user_id: str, id: str) -> Schedule:
        """Raises ScheduleNotFound."""
        schedule = self._store.find(id)
        if schedule is None or schedule.user_id != user_id:
            raise ScheduleNotFound
        return schedule

    def delete(self, user_id: str, id: str) -> None:
        """What it has ordered goes on. Raises ScheduleNotFound."""
        self.one(user_id, id)
        self._store.delete(id)
