"""What every store of schedules does: run over the one in memory here, over MongoDB's in tests/integration."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta

import pytest

from analytics_service.domain.job import Order
from analytics_service.domain.schedule import Every, Period, Rhythm, Schedule
from analytics_service.ports.jobs import NoRoom
from tests.unit.analytics_service.lakes import an_id

MOST = 2
HOUR = timedelta(hours=1)
RHYTHM = Rhythm(Every.MONTH, time(7, 30), "Europe/Berlin", weekday=3, day=31)
ORDER = Order("top_payers", {"currency": "EUR", "account": "$account"}, "csv", 5, {"hops": 4})


class ScheduleContract:
    def a_schedule(self, schedules, number: int, who: str = "ann", due_in: timedelta = HOUR) -> Schedule:
        now = self.whole(schedules.now())
        return Schedule(an_id(number), f"user-{who}", ORDER, Period.LAST_MONTH, RHYTHM, now, now + due_in)

    @staticmethod
    def whole(moment: datetime) -> datetime:
        """MongoDB keeps milliseconds."""
        return moment.replace(microsecond=0)

    def test_a_schedule_is_kept_as_it_came(self, schedules):
        made = self.a_schedule(schedules, 1)
        schedules.add(made, MOST)
        assert schedules.find(an_id(1)) == made
        assert schedules.find(an_id(2)) is None

    def test_a_person_has_theirs_the_oldest_first(self, schedules):
        made = [self.a_schedule(schedules, number, who) for number, who in ((2, "ann"), (3, "bob"), (1, "ann"))]
        for each in made:
            schedules.add(each, MOST)
        assert schedules.of("user-ann") == [made[2], made[0]]

    def test_a_person_has_so_many_and_no_more(self, schedules):
        for number in (1, 2):
            schedules.add(self.a_schedule(schedules, number), MOST)
        with pytest.raises(NoRoom):
            schedules.add(self.a_schedule(schedules, 3), MOST)
        schedules.add(self.a_schedule(schedules, 3, "bob"), MOST)
        assert schedules.delete(an_id(1))
        schedules.add(self.a_schedule(schedules, 4), MOST)

    def test_what_is_due_is_found_the_longest_due_first(self, schedules):
        for number, due_in in ((1, -HOUR), (2, HOUR), (3, -2 * HOUR)):
            schedules.add(self.a_schedule(schedules, number, due_in=due_in), 9)
        due = schedules.due(5)
        assert [each.schedule.id for each in due] == [an_id(3), an_id(1)]
        assert all(each.seen_at >= each.schedule.next_due + HOUR for each in due)
        assert [each.schedule.id for each in schedules.due(1)] == [an_id(3)]
        schedules.add(self.a_schedule(schedules, 4, "bob", due_in=-HOUR), 9)
        assert [each.schedule.id for each in schedules.due(1, besides={"user-ann"})] == [an_id(4)]

    def test_a_schedule_is_moved_on_once(self, schedules):
        made = self.a_schedule(schedules, 1, due_in=-HOUR)
        schedules.add(made, MOST)
        following = made.next_due + 24 * HOUR
        assert schedules.move_on(made, following, made.next_due, an_id(9))
        assert schedules.find(an_id(1)) == replace(made, next_due=following, last_due=made.next_due, last_job=an_id(9))
        assert not schedules.move_on(made, following + HOUR, made.next_due, None)
        assert schedules.find(an_id(1)).last_job == an_id(9)
        assert schedules.due(5) == []

    def test_what_is_deleted_is_due_no_more(self, schedules):
        made = self.a_schedule(schedules, 1, due_in=-HOUR)
        schedules.add(made, MOST)
        assert schedules.delete(an_id(1))
        assert not schedules.delete(an_id(1))
        assert schedules.due(5) == []
        assert not schedules.move_on(made, made.next_due + HOUR, made.next_due, None)
        assert schedules.find(an_id(1)) is None
