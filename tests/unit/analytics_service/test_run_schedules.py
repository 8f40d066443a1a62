"""What is due is ordered once, and its person told once, whatever is away or killed meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta

import pytest
from prometheus_client import CollectorRegistry

from analytics_service.domain.job import JobState, Order
from analytics_service.domain.schedule import Every, Period, Rhythm, Schedule
from analytics_service.metrics import ScheduleMetrics
from analytics_service.ports.people import NoticeRefused, Standing
from analytics_service.use_cases.run_schedules import A_ROUND, RunSchedules, TellOfScheduled
from service_kit.errors import AuthUnavailable, Unavailable
from tests.unit.analytics_service.lakes import Interrupted, Interrupting, an_id, transfer, user
from tests.unit.analytics_service.reporters import Reporter

SEVEN = time(7)
MOST = 3


@dataclass
class PeopleInMemory:
    """Everybody is active unless said otherwise; `away` makes it raise."""

    states: dict[str, str] = field(default_factory=dict)
    roles: dict[str, tuple[str, ...]] = field(default_factory=dict)
    away: bool = False

    def standing(self, user_id):
        if self.away:
            raise AuthUnavailable("away")
        return Standing(self.states.get(user_id, "active"), self.roles.get(user_id, ("user",)))


@dataclass
class Inbox:
    """As notifications have it: told again, told once. `away` and `refuses` make it raise."""

    told: dict[str, tuple[str, JobState]] = field(default_factory=dict)
    sent: int = 0
    away: bool = False
    refuses: bool = False

    def tell(self, job):
        if self.away:
            raise Unavailable("away")
        if self.refuses:
            raise NoticeRefused("400")
        self.sent += 1
        self.told[job.id] = (job.user_id, job.state)


class World:
    def __init__(self, lake) -> None:
        self.lake, self.clock = lake, lake.clock
        self.people, self.inbox = PeopleInMemory(), Inbox()
        self.registry = CollectorRegistry()
        self.metrics = ScheduleMetrics(self.registry)
        self.reporter = Reporter(lake)
        self._ids = 0x100

    def new_id(self) -> str:
        self._ids += 1
        return an_id(self._ids)

    def schedules(self, schedules=None, jobs=None) -> RunSchedules:
        return RunSchedules(
            schedules or self.lake.schedules, jobs or self.lake.jobs, self.people, MOST, self.new_id, self.metrics
        )

    def teller(self, jobs=None) -> TellOfScheduled:
        return TellOfScheduled(jobs or self.lake.jobs, self.inbox, self.metrics)

    def schedule(self, who="ann", number=1, period=Period.YESTERDAY, **order) -> Schedule:
        """Daily at seven."""
        rhythm = Rhythm(Every.DAY, SEVEN, "UTC")
        now = self.clock.now()
        made = Schedule(
            an_id(number),
            user(who),
            Order(**({"report": "totals"} | order)),
            period,
            rhythm,
            now,
            rhythm.next_after(now),
        )
        self.lake.schedules.add(made, 200)
        return made

    def wait_until(self, moment: str) -> None:
        self.clock.advance((datetime.fromisoformat(moment).replace(tzinfo=UTC) - self.clock.now()).total_seconds())

    def jobs(self):
        return self.lake.jobs.page(None, 50)

    def value(self, name, **labels):
        return self.registry.get_sample_value(name, labels)


@pytest.fixture
def world(lake):
    """It is noon of the 2nd of January 2026."""
    lake.put(transfer(1, None, "ann", 100_000), transfer(2, "ann", "bob", 1250))
    return World(lake)


def test_what_is_due_is_ordered_once_about_the_day_before(world):
    made = world.schedule(filter={"currency": "EUR"}, format="csv")
    runs = world.schedules()
    runs.run_once()
    assert world.jobs() == []
    world.wait_until("2026-01-03T07:00")
    for _ in range(3):
        runs.run_once()
        world.clock.advance(1)
    (job,) = world.jobs()
    assert (job.user_id, job.viewer, job.schedule_id) == (user("ann"), user("ann"), made.id)
    assert job.order.filter == {"currency": "EUR", "zone": "UTC", "from": "2026-01-02", "to": "2026-01-02"}
    assert job.due_at == datetime(2026, 1, 3, 7, tzinfo=UTC)
    kept = world.lake.schedules.find(made.id)
    assert (kept.last_job, kept.last_due) == (job.id, job.due_at)
    assert kept.next_due == datetime(2026, 1, 4, 7, tzinfo=UTC)
    assert world.value("analytics_scheduled_jobs_total") == 1


def test_of_what_passed_while_nobody_was_there_the_latest_alone_is_ordered(world):
    world.schedule()
    world.wait_until("2026-01-09T12:00")
    runs = world.schedules()
    runs.run_once()
    runs.run_once()
    assert [job.due_at.day for job in world.jobs()] == [9]
    world.wait_until("2026-01-10T07:00")
    runs.run_once()
    assert [job.due_at.day for job in world.jobs()] == [10, 9]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("store", "call"), [("jobs", "add"), ("schedules", "move_on")])
def test_whoever_is_killed_a_moment_has_one_job(world, when, store, call):
    world.schedule()
    world.wait_until("2026-01-03T07:00")
    killed = world.schedules(**{store: Interrupting(getattr(world.lake, store), call, when)})
    with pytest.raises(Interrupted):
        killed.run_once()
    for _ in range(2):
        world.schedules().run_once()
    assert len(world.jobs()) == 1
    assert world.lake.schedules.find(an_id(1)).last_job == world.jobs()[0].id


def test_two_reporters_order_a_moment_once(world):
    world.schedule()
    world.wait_until("2026-01-03T07:00")
    (seen,) = world.lake.schedules.due(5)
    world.schedules().run_once()
    assert not world.lake.schedules.move_on(seen.schedule, seen.seen_at, seen.seen_at, None)
    world.schedules().run_once()
    assert len(world.jobs()) == 1


def test_the_rights_are_those_that_a_person_has_when_it_is_due(world):
    world.schedule()
    world.people.roles[user("ann")] = ("user", "analyst")
    world.wait_until("2026-01-03T07:00")
    world.schedules().run_once()
    world.people.roles[user("ann")] = ("user",)
    world.wait_until("2026-01-04T07:00")
    world.schedules().run_once()
    assert [job.viewer for job in world.jobs()] == [user("ann"), None]


def test_the_schedules_of_who_has_left_end_quietly(world):
    made = world.schedule()
    world.people.states[user("ann")] = "closed"
    world.wait_until("2026-01-03T07:00")
    world.schedules().run_once()
    world.teller().run_once()
    assert world.lake.schedules.find(made.id) is None
    assert world.jobs() == []
    assert world.inbox.told == {}


def test_while_somebody_is_locked_nothing_is_made_for_them(world):
    made = world.schedule()
    world.people.states[user("ann")] = "locked"
    world.wait_until("2026-01-03T07:00")
    world.schedules().run_once()
    assert world.jobs() == []
    assert world.lake.schedules.find(made.id).last_job is None
    del world.people.states[user("ann")]
    world.schedules().run_once()
    assert world.jobs() == []
    world.wait_until("2026-01-04T07:00")
    world.schedules().run_once()
    assert [job.due_at.day for job in world.jobs()] == [4]


def test_without_auth_what_is_due_stays_due(world):
    world.schedule()
    world.people.away = True
    world.wait_until("2026-01-03T07:00")
    world.schedules().run_once()
    assert world.jobs() == []
    world.people.away = False
    world.clock.advance(600)
    world.schedules().run_once()
    assert [job.due_at.hour for job in world.jobs()] == [7]


def test_one_whose_places_are_taken_holds_up_nobody(world):
    for number in range(1, 6):
        world.schedule(number=number)
    world.schedule("bob", 9)
    world.wait_until("2026-01-03T07:00")
    world.schedules().run_once()
    assert sorted(job.user_id for job in world.jobs()) == [user("ann")] * MOST + [user("bob")]
    world.reporter.work_off()
    world.schedules().run_once()
    assert len(world.jobs()) == 6


def test_however_many_have_no_place_the_others_are_seen_to(world):
    for number in range(1, A_ROUND + MOST + 1):
        world.schedule(number=number)
    world.wait_until("2026-01-03T07:00")
    world.clock.advance(1)
    world.schedule("bob", A_ROUND + MOST + 1)
    world.wait_until("2026-01-04T07:00")
    runs = world.schedules()
    for _ in range(4):
        runs.run_once()
    assert sorted(job.user_id for job in world.jobs()) == [user("ann")] * MOST + [user("bob")]
    world.reporter.work_off()
    for _ in range(2):
        runs.run_once()
    assert len(world.jobs()) == 2 * MOST + 1


def run_one(world):
    world.schedule()
    world.wait_until("2026-01-03T07:00")
    world.schedules().run_once()


def test_the_person_is_told_when_it_is_done_and_not_before(world):
    run_one(world)
    world.teller().run_once()
    assert world.inbox.told == {}
    world.reporter.work_off()
    for _ in range(3):
        world.teller().run_once()
    (job,) = world.jobs()
    assert world.inbox.told == {job.id: (user("ann"), JobState.DONE)}
    assert world.inbox.sent == 1
    assert world.value("analytics_report_notices_total", outcome="told") == 1


def test_a_job_that_nobody_scheduled_is_not_told(world):
    world.schedule()
    from tests.unit.analytics_service.job_contract import new

    world.lake.jobs.add(new(50), MOST)
    world.reporter.work_off()
    world.teller().run_once()
    assert world.inbox.told == {}


def test_one_that_failed_is_told_too(world):
    world.schedule(report="profits")
    world.wait_until("2026-01-03T07:00")
    world.schedules().run_once()
    world.reporter.work_off()
    world.teller().run_once()
    assert [state for _, state in world.inbox.told.values()] == [JobState.FAILED]


def test_a_notice_is_sent_until_it_is_acknowledged(world):
    run_one(world)
    world.reporter.work_off()
    world.inbox.away = True
    for _ in range(3):
        world.teller().run_once()
    world.inbox.away = False
    world.teller().run_once()
    assert len(world.inbox.told) == 1
    assert world.value("analytics_report_notices_total", outcome="put_off") == 3


@pytest.mark.parametrize("when", ["before", "after"])
def test_whoever_is_killed_over_it_the_person_is_told(world, when):
    run_one(world)
    world.reporter.work_off()
    with pytest.raises(Interrupted):
        world.teller(Interrupting(world.lake.jobs, "told", when)).run_once()
    world.teller().run_once()
    assert len(world.inbox.told) == 1
    assert world.inbox.sent == (2 if when == "before" else 1)


def test_a_notice_that_is_refused_for_good_holds_up_no_other(world):
    run_one(world)
    world.reporter.work_off()
    world.inbox.refuses = True
    world.teller().run_once()
    world.inbox.refuses = False
    world.teller().run_once()
    assert world.inbox.told == {}
    assert world.value("analytics_report_notices_total", outcome="refused") == 1


def test_of_a_result_that_has_gone_meanwhile_nobody_is_told(world):
    run_one(world)
    world.reporter.work_off()
    world.clock.advance(timedelta(days=8).total_seconds())
    world.teller().run_once()
    assert world.inbox.told == {}
    assert world.lake.jobs.untold(5) == []
