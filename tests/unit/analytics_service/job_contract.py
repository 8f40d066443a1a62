"""What every store of jobs does: run over the one in memory here, over MongoDB's in tests/integration.

`jobs` is the store, kept as KEPT says; `later(delta)` lets so much time pass for it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from analytics_service.domain.job import Claimed, JobState, NewJob, Order, Progress, Result
from analytics_service.domain.turns import in_turn
from analytics_service.ports.jobs import GIVEN_UP, LEASE, Kept, NoRoom
from tests.unit.analytics_service.lakes import NOON, an_id

KEPT = Kept(result=timedelta(days=7), record=timedelta(days=30), attempts=3)
MOST = 3
SECOND = timedelta(seconds=1)


def an_order(report: str = "totals", **filter: str) -> Order:
    return Order(report, filter, "csv", 5, {"hops": 4})


def new(number: int, who: str = "ann", key: str | None = None, order: Order | None = None) -> NewJob:
    return NewJob(an_id(number), f"user-{who}", f"user-{who}", order or an_order(), key)


def a_result(claimed: Claimed) -> Result:
    return Result(f"{claimed.job.id}.csv", 1200, 7, 2103, NOON, "pandas")


class JobContract:
    def take(self, jobs) -> Claimed:
        claimed = jobs.claim(in_turn(jobs.queue())[0])
        assert claimed is not None
        return claimed

    def test_an_order_is_kept_as_it_came(self, jobs):
        order = Order("per_day", {"from": "2026-01-01", "account": "$account", "zone": "Europe/Berlin"}, "csv", 9)
        added = jobs.add(NewJob(an_id(1), "user-ann", "user-ann", order, "k", schedule_id=an_id(9), due_at=NOON), MOST)
        assert added.is_new
        job = jobs.find(an_id(1))
        assert (job.order, job.user_id, job.viewer) == (order, "user-ann", "user-ann")
        assert (job.state, job.attempts, job.progress, job.result) == (JobState.QUEUED, 0, Progress(), None)
        assert (job.schedule_id, job.due_at) == (an_id(9), NOON)
        assert added.job.id == job.id
        assert jobs.find(an_id(2)) is None

    def test_a_key_has_one_job_of_one_person(self, jobs):
        first = jobs.add(new(1, key="k"), MOST)
        again = jobs.add(new(2, key="k", order=an_order("outcomes")), MOST)
        others = jobs.add(new(3, "bob", key="k"), MOST)
        assert (first.is_new, again.is_new, others.is_new) == (True, False, True)
        assert again.job.id == an_id(1)
        assert again.job.order == an_order()

    def test_a_key_is_known_though_there_is_no_room(self, jobs):
        for number in range(1, 4):
            jobs.add(new(number, key=f"k{number}"), MOST)
        assert not jobs.add(new(9, key="k2"), MOST).is_new
        with pytest.raises(NoRoom):
            jobs.add(new(9, key="k9"), MOST)

    def test_a_person_has_room_again_when_one_is_over(self, jobs):
        for number in range(1, 4):
            jobs.add(new(number), MOST)
        with pytest.raises(NoRoom):
            jobs.add(new(4), MOST)
        jobs.add(new(5, "bob"), MOST)
        jobs.cancel(an_id(2))
        jobs.add(new(4), MOST)
        with pytest.raises(NoRoom):
            jobs.add(new(6), MOST)

    def test_a_page_has_the_latest_first(self, jobs):
        for number, who in enumerate(("ann", "bob", "ann", "ann"), 1):
            jobs.add(new(number, who), MOST)
        assert [job.id for job in jobs.page(None, 2, "user-ann")] == [an_id(4), an_id(3)]
        assert [job.id for job in jobs.page(an_id(3), 5, "user-ann")] == [an_id(1)]
        assert [job.id for job in jobs.page(None, 5)] == [an_id(n) for n in (4, 3, 2, 1)]

    def test_a_job_is_taken_once(self, jobs, later):
        jobs.add(new(1), MOST)
        later(SECOND)
        claimed = jobs.claim(an_id(1))
        assert (claimed.number, claimed.job.state) == (1, JobState.RUNNING)
        assert claimed.waited >= SECOND
        assert jobs.claim(an_id(1)) is None
        assert in_turn(jobs.queue()) == []
        assert jobs.claim(an_id(7)) is None

    def test_whoever_had_no_turn_is_next(self, jobs, later):
        for number, who in enumerate(("ann", "ann", "bob"), 1):
            jobs.add(new(number, who), MOST)
        first = self.take(jobs)
        assert first.job.id == an_id(1)
        later(SECOND)
        jobs.fail(first, "x", "x")
        assert in_turn(jobs.queue()) == [an_id(3), an_id(2)]

    def test_a_kept_claim_does_not_lapse(self, jobs, later):
        jobs.add(new(1), MOST)
        claimed = self.take(jobs)
        for done in range(3):
            later(LEASE - SECOND)
            assert jobs.keep({claimed.claim: Progress(10, done, 1000)}) == set()
        assert jobs.find(an_id(1)).progress == Progress(10, 2, 1000)
        assert in_turn(jobs.queue()) == []
        assert jobs.finish(claimed, a_result(claimed), Progress(10, 10, 1000))

    def test_a_lapsed_claim_is_taken_up_by_another_and_worth_nothing_any_more(self, jobs, later):
        jobs.add(new(1), MOST)
        dead = self.take(jobs)
        jobs.keep({dead.claim: Progress(10, 5, 1000)})
        later(LEASE + SECOND)
        alive = self.take(jobs)
        assert (alive.job.id, alive.number, alive.job.progress) == (an_id(1), 2, Progress())
        assert jobs.keep({dead.claim: Progress(), alive.claim: Progress()}) == {dead.claim}
        assert not jobs.finish(dead, a_result(dead), Progress())
        assert not jobs.fail(dead, "x", "x")
        assert not jobs.put_back(dead)
        assert jobs.finish(alive, a_result(alive), Progress(10, 10, 1000))
        assert not jobs.finish(alive, a_result(alive), Progress())

    def test_what_nobody_survived_is_given_up(self, jobs, later):
        jobs.add(new(1), MOST)
        for _ in range(KEPT.attempts):
            self.take(jobs)
            assert jobs.give_up() == 0
            later(LEASE + SECOND)
        assert in_turn(jobs.queue()) == []
        assert jobs.claim(an_id(1)) is None
        assert jobs.give_up() == 1
        job = jobs.find(an_id(1))
        assert (job.state, job.cause, job.attempts) == (JobState.FAILED, GIVEN_UP, KEPT.attempts)
        assert jobs.give_up() == 0

    def test_what_is_put_back_waits_for_its_pause(self, jobs, later):
        jobs.add(new(1), MOST)
        assert jobs.put_back(self.take(jobs), timedelta(seconds=60))
        assert jobs.find(an_id(1)).state is JobState.QUEUED
        assert in_turn(jobs.queue()) == []
        assert jobs.claim(an_id(1)) is None
        later(timedelta(seconds=61))
        assert self.take(jobs).number == 2

    def test_an_attempt_that_was_nobodys_fault_does_not_count(self, jobs):
        jobs.add(new(1), MOST)
        for _ in range(KEPT.attempts + 1):
            claimed = self.take(jobs)
            assert claimed.number == 1
            assert jobs.put_back(claimed, counts=False)

    def test_what_is_cancelled_is_lost_to_its_reporter(self, jobs):
        jobs.add(new(1), MOST)
        jobs.add(new(2), MOST)
        claimed = self.take(jobs)
        assert jobs.cancel(an_id(1))
        assert jobs.cancel(an_id(2))
        assert not jobs.cancel(an_id(1))
        assert not jobs.cancel(an_id(7))
        assert jobs.keep({claimed.claim: Progress()}) == {claimed.claim}
        assert not jobs.finish(claimed, a_result(claimed), Progress())
        assert [job.state for job in jobs.page(None, 5)] == [JobState.CANCELLED] * 2
        assert in_turn(jobs.queue()) == []

    def test_a_result_is_kept_and_then_expires(self, jobs, later):
        jobs.add(new(1), MOST)
        claimed = self.take(jobs)
        jobs.finish(claimed, a_result(claimed), Progress(3, 3, 30))
        job = jobs.find(an_id(1))
        assert (job.state, job.result, job.progress) == (JobState.DONE, a_result(claimed), Progress(3, 3, 30))
        assert job.expires_at - job.finished_at == KEPT.result
        assert jobs.expire(10) == []
        assert jobs.named([a_result(claimed).file, "other"]) == {a_result(claimed).file}
        later(KEPT.result + SECOND)
        assert jobs.find(an_id(1)).state is JobState.EXPIRED
        assert jobs.expire(10) == [a_result(claimed).file]
        assert jobs.named([a_result(claimed).file]) == {a_result(claimed).file}
        jobs.forget_file(a_result(claimed).file)
        assert jobs.expire(10) == []
        assert jobs.named([a_result(claimed).file]) == set()
        assert jobs.find(an_id(1)).result is None

    def test_a_failure_says_why(self, jobs):
        jobs.add(new(1), MOST)
        assert jobs.fail(self.take(jobs), "figures_too_large", "Narrow $it.")
        job = jobs.find(an_id(1))
        assert (job.state, job.cause, job.detail) == (JobState.FAILED, "figures_too_large", "Narrow $it.")

    def test_what_is_deleted_is_seen_by_nobody_and_its_key_still_known(self, jobs):
        jobs.add(new(1, key="k"), MOST)
        claimed = self.take(jobs)
        jobs.finish(claimed, a_result(claimed), Progress())
        jobs.add(new(2), MOST)
        assert jobs.drop(an_id(1)) == a_result(claimed).file
        assert jobs.drop(an_id(2)) is None
        assert jobs.drop(an_id(1)) is None
        assert jobs.page(None, 5) == []
        assert jobs.find(an_id(1)) is None
        assert jobs.named([a_result(claimed).file]) == set()
        assert in_turn(jobs.queue()) == []
        assert not jobs.add(new(3, key="k"), MOST).is_new

    def test_a_scheduled_job_is_untold_from_its_end_until_it_is_told(self, jobs):
        jobs.add(replace(new(1), schedule_id=an_id(9), due_at=NOON), MOST)
        jobs.add(new(2), MOST)
        jobs.add(replace(new(3), schedule_id=an_id(9), due_at=NOON), MOST)
        assert jobs.untold(5) == []
        for _ in range(3):
            claimed = self.take(jobs)
            if claimed.job.id == an_id(3):
                jobs.fail(claimed, "x", "x")
            else:
                jobs.finish(claimed, a_result(claimed), Progress())
        assert sorted(job.id for job in jobs.untold(5)) == [an_id(1), an_id(3)]
        assert len(jobs.untold(1)) == 1
        jobs.told(an_id(1))
        assert [(job.id, job.state) for job in jobs.untold(5)] == [(an_id(3), JobState.FAILED)]

    def test_of_what_was_called_off_or_deleted_nobody_is_told(self, jobs):
        for number in (1, 2):
            jobs.add(replace(new(number), schedule_id=an_id(9), due_at=NOON), MOST)
        jobs.cancel(an_id(1))
        jobs.drop(an_id(2))
        assert jobs.untold(5) == []

    def test_the_backlog_counts_and_tells_the_longest_wait(self, jobs, later):
        assert jobs.backlog().oldest == timedelta()
        for number in range(1, 4):
            jobs.add(new(number), MOST)
        jobs.fail(self.take(jobs), "x", "x")
        later(timedelta(seconds=100))
        backlog = jobs.backlog()
        assert backlog.states[JobState.QUEUED] == 2
        assert backlog.states[JobState.FAILED] == 1
        assert timedelta(seconds=100) <= backlog.oldest < timedelta(seconds=130)
