"""What a reporter does with jobs, whatever happens meanwhile."""

from __future__ import annotations

import os
import threading

import pytest
from pymongo.errors import AutoReconnect

from analytics_service.domain.job import JobState, NewJob, Order
from analytics_service.domain.turns import in_turn
from analytics_service.ports.jobs import LEASE
from tests.unit.analytics_service.lakes import an_id, transfer, user
from tests.unit.analytics_service.reporters import Reporter
from tests.waiting import eventually

MOST = 20


@pytest.fixture
def filled(lake):
    lake.put(transfer(1, None, "ann", 100_000), transfer(2, "ann", "bob", 1250))
    lake.put(transfer(3, "bob", "ann", 300))
    return lake


def order(lake, number=1, who="ann", **order):
    lake.jobs.add(NewJob(an_id(number), user(who), user(who), Order(**({"report": "totals"} | order))), MOST)
    return an_id(number)


def job(lake, number=1):
    return lake.jobs.find(an_id(number))


class Held:
    """A manifest that holds up whoever asks for a snapshot until it is let go."""

    def __init__(self, manifest):
        self._manifest = manifest
        self.asked = threading.Semaphore(0)
        self.let_go = threading.Event()

    def snapshot(self):
        self.asked.release()
        assert self.let_go.wait(20)
        return self._manifest.snapshot()


class Away:
    """A manifest without its database, for so many asks."""

    def __init__(self, manifest, times):
        self._manifest = manifest
        self.times = times

    def snapshot(self):
        if self.times:
            self.times -= 1
            raise AutoReconnect("away")
        return self._manifest.snapshot()


@pytest.fixture
def held(filled):
    """A reporter whose reports wait for `let_go`."""
    manifest = Held(filled.manifest)
    yield Reporter(filled, manifest=manifest, at_once=2), manifest
    manifest.let_go.set()


def idle(reporter):
    eventually(lambda: not reporter.value("analytics_jobs_at_work"), what="the reporter is idle")


def test_no_more_run_at_once_than_may(filled, held):
    reporter, manifest = held
    for number, who in enumerate(("ann", "bob", "cleo"), 1):
        order(filled, number, who)
    reporter.runner.take()
    reporter.runner.take()
    assert reporter.value("analytics_jobs_at_work") == 2
    assert [job(filled, number).state for number in (1, 2, 3)] == [
        JobState.RUNNING, JobState.RUNNING, JobState.QUEUED
    ]  # fmt: skip
    manifest.let_go.set()
    reporter.work_off()
    assert job(filled, 3).state is JobState.DONE


def test_what_is_called_off_stops_and_leaves_nothing_behind(filled, held):
    reporter, manifest = held
    id = order(filled)
    reporter.runner.take()
    filled.jobs.cancel(id)
    reporter.runner.keep()
    manifest.let_go.set()
    idle(reporter)
    assert job(filled).state is JobState.CANCELLED
    assert reporter.value("analytics_jobs_ended_total", outcome="stopped") == 1
    assert list(reporter.results.root.glob("*")) == []


def test_a_job_that_was_called_off_at_the_last_moment_has_no_result(filled, held):
    """Nobody has told the reporter: its claim is worth nothing all the same."""
    reporter, manifest = held
    id = order(filled)
    reporter.runner.take()
    filled.jobs.cancel(id)
    manifest.let_go.set()
    idle(reporter)
    assert job(filled).state is JobState.CANCELLED
    assert list(reporter.results.root.iterdir()) == []


def test_a_dead_reporters_job_is_taken_up_again_from_the_start(filled, held):
    dead, manifest = held
    order(filled)
    dead.runner.take()
    alive = Reporter(filled)
    alive.runner.take()
    assert alive.begun == []
    filled.clock.advance(LEASE.total_seconds() + 1)
    alive.work_off()
    assert job(filled).state is JobState.DONE
    assert job(filled).attempts == 2
    assert alive.value("analytics_jobs_taken_again_total") == 1
    file = job(filled).result.file
    # The one that was taken for dead was only slow: what it makes is thrown away.
    manifest.let_go.set()
    idle(dead)
    assert job(filled).result.file == file
    assert [path.name for path in alive.results.root.iterdir()] == [file]


def test_a_slow_job_stays_its_reporters(filled, held):
    reporter, manifest = held
    order(filled)
    reporter.runner.take()
    for _ in range(5):
        filled.clock.advance(LEASE.total_seconds() - 1)
        reporter.runner.keep()
    assert in_turn(filled.jobs.queue()) == []
    manifest.let_go.set()
    idle(reporter)
    assert job(filled).attempts == 1


def test_a_reporter_does_not_take_up_what_it_is_itself_at(filled, held):
    """MongoDB was away for longer than the lease."""
    reporter, manifest = held
    order(filled)
    reporter.runner.take()
    filled.clock.advance(LEASE.total_seconds() + 1)
    reporter.runner.take()
    assert reporter.begun == [an_id(1)]
    reporter.runner.keep()
    assert in_turn(filled.jobs.queue()) == []
    manifest.let_go.set()
    idle(reporter)
    assert (job(filled).state, job(filled).attempts) == (JobState.DONE, 1)


def test_a_reporter_that_is_told_to_stop_gives_back_what_it_is_at(filled, held):
    reporter, _ = held
    order(filled)
    reporter.runner.take()
    reporter.runner.leave()
    assert in_turn(filled.jobs.queue()) == [an_id(1)]
    reporter.runner.take()
    assert reporter.begun == [an_id(1)]
    Reporter(filled).work_off()
    assert (job(filled).state, job(filled).attempts) == (JobState.DONE, 1)


def test_a_store_that_was_away_costs_an_attempt_and_not_the_job(filled):
    reporter = Reporter(filled, manifest=Away(filled.manifest, 2))
    order(filled)
    for attempts in (1, 2):
        reporter.runner.take()
        idle(reporter)
        assert (job(filled).state, job(filled).attempts) == (JobState.QUEUED, attempts)
        reporter.runner.take()
        assert reporter.value("analytics_jobs_at_work") == 0
        filled.clock.advance(6)
    reporter.work_off()
    assert job(filled).state is JobState.DONE


def test_a_store_that_ends_a_job_and_does_not_say_so_leaves_it_its_result(filled):
    class Silent:
        """Ends the job, and its answer is lost."""

        def __init__(self, jobs):
            self._jobs = jobs

        def finish(self, *told):
            if self._jobs.finish(*told):
                raise AutoReconnect("away")
            return False

        def __getattr__(self, name):
            return getattr(self._jobs, name)

    order(filled)
    filled.jobs = Silent(filled.jobs)
    reporter = Reporter(filled)
    reporter.work_off()
    assert job(filled).state is JobState.DONE
    assert reporter.results.path(job(filled).result.file).is_file()
    assert reporter.value("analytics_jobs_ended_total", outcome="done") == 1


def test_a_store_that_stays_away_fails_the_job_in_the_end(filled):
    reporter = Reporter(filled, manifest=Away(filled.manifest, 99), attempts=3)
    order(filled)
    for _ in range(3):
        reporter.runner.take()
        idle(reporter)
        filled.clock.advance(6)
    assert (job(filled).state, job(filled).cause) == (JobState.FAILED, "unavailable")
    assert "AutoReconnect" in job(filled).detail
    assert reporter.value("analytics_jobs_ended_total", outcome="failed") == 1


def test_a_result_that_is_too_large_is_said_and_not_kept(filled):
    reporter = Reporter(filled, result_bytes=100)
    order(filled, report="transfers", format="csv")
    reporter.work_off()
    assert (job(filled).state, job(filled).cause) == (JobState.FAILED, "result_too_large")
    assert "100 bytes" in job(filled).detail
    assert list(reporter.results.root.iterdir()) == []


def test_figures_that_are_too_large_are_said(filled):
    reporter = Reporter(filled)
    filled.put(*(transfer(number, "ann", "bob", 2**53 - 1) for number in range(10, 530)))
    order(filled)
    reporter.work_off()
    assert (job(filled).state, job(filled).cause) == (JobState.FAILED, "figures_too_large")


def test_an_order_that_a_later_release_can_not_read_fails_and_says_so(filled):
    reporter = Reporter(filled)
    order(filled, 1, report="profits")
    order(filled, 2, filter={"currency": "EURO"})
    order(filled, 3, format="papyrus")
    reporter.work_off()
    assert [job(filled, number).cause for number in (1, 2, 3)] == ["not_found", "invalid_request", "internal_error"]


def test_a_job_has_the_rights_of_who_ordered_it(filled):
    reporter = Reporter(filled)
    order(filled, 1, filter={"user": user("bob")})
    reporter.work_off()
    assert (job(filled).state, job(filled).cause) == (JobState.FAILED, "others_figures")


def test_what_killed_every_reporter_is_given_up(filled):
    order(filled)
    for _ in range(5):
        assert filled.jobs.claim(an_id(1))
        filled.clock.advance(LEASE.total_seconds() + 1)
    reporter = Reporter(filled)
    reporter.runner.take()
    assert reporter.begun == []
    reporter.upkeep.run_once()
    assert (job(filled).state, job(filled).cause) == (JobState.FAILED, "given_up")
    assert reporter.value("analytics_jobs", state="failed") == 1


def test_strays_are_swept_when_they_are_old_and_results_stay(filled):
    reporter = Reporter(filled)
    order(filled)
    reporter.work_off()
    names = ["stray.csv", "stray.csv.unfinished", "young.csv", job(filled).result.file]
    now = filled.clock.now().timestamp()
    for name in names:
        path = reporter.results.path(name)
        path.touch()
        written_at = now - (60 if name == "young.csv" else 7_200)
        os.utime(path, (written_at, written_at))
    reporter.upkeep.sweep()
    assert sorted(path.name for path in reporter.results.root.iterdir()) == sorted(names[2:])


def test_the_gauges_tell_what_there_is(filled):
    reporter = Reporter(filled)
    for number in range(1, 4):
        order(filled, number)
    filled.clock.advance(50)
    reporter.upkeep.run_once()
    assert reporter.value("analytics_jobs", state="queued") == 3
    assert reporter.value("analytics_jobs_oldest_queued_seconds") == 50
    reporter.work_off()
    reporter.upkeep.run_once()
    assert reporter.value("analytics_jobs", state="done") == 3
    assert reporter.value("analytics_jobs_oldest_queued_seconds") == 0
    assert reporter.value("analytics_job_wait_seconds_count") == 3
    assert reporter.value("analytics_job_result_bytes_count") == 3
