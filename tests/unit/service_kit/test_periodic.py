"""Jobs go their own ways: a failing or hanging one is named, and holds up nobody."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from service_kit.metrics import JobMetrics
from service_kit.periodic import LEAST_OVERDUE_SECONDS, Jobs, JobsOverdue
from service_kit.process import StopSignal
from tests.manual_clock import ManualClock
from tests.waiting import eventually


class Work:
    """A job that does what the test says, and counts."""

    def __init__(self, name: str, do: Callable[[], None] = lambda: None, period_seconds: float = 0.01) -> None:
        self.name = name
        self.period_seconds = period_seconds
        self.runs = 0
        self.do = do

    def run_once(self) -> None:
        self.do()
        self.runs += 1


class Running:
    """Jobs in threads, on a clock that stands still."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.registry = CollectorRegistry()
        self.stop = StopSignal()
        self.thread: threading.Thread | None = None

    def start(self, *work: Work) -> Jobs:
        jobs = Jobs(work, JobMetrics(self.registry), self.clock)
        self.thread = threading.Thread(target=jobs.run, args=(self.stop,))
        self.thread.start()
        return jobs

    def end(self) -> None:
        self.stop.set()
        if self.thread:
            self.thread.join(10)
            assert not self.thread.is_alive()

    def runs(self, job: str, outcome: str) -> float | None:
        return self.registry.get_sample_value("job_runs_total", {"job": job, "outcome": outcome})


@pytest.fixture
def running() -> Iterator[Running]:
    made = Running()
    yield made
    made.end()


def fails() -> None:
    raise ConnectionError("away")


def test_each_job_is_run_again_and_again(running):
    first, second = Work("audit"), Work("probe")
    running.start(first, second)
    eventually(lambda: first.runs > 3 and second.runs > 3, what="runs of both jobs")


def test_a_job_waits_for_its_period(running):
    seldom, often = Work("probe", period_seconds=3600), Work("audit")
    running.start(seldom, often)
    eventually(lambda: often.runs > 20, what="twenty runs of the other job")
    assert seldom.runs == 1


def test_a_failing_job_is_counted_and_ends_no_other(running):
    good = Work("audit")
    running.start(Work("probe", fails), good)
    eventually(lambda: (running.runs("probe", "failed") or 0) > 2 and good.runs > 2, what="failures and successes")
    assert running.runs("probe", "ok") == 0


def test_an_outage_is_said_once_and_so_is_its_end():
    running, work = Running(), Work("probe", fails)
    with capture_logs() as lines:
        running.start(work)
        eventually(lambda: (running.runs("probe", "failed") or 0) > 5, what="several failures")
        work.do = lambda: None
        eventually(lambda: work.runs > 2, what="runs that succeed")
        running.end()
    said = [(line["event"], line["job"]) for line in lines if line["log_level"] != "debug"]
    assert said == [("job_fails", "probe"), ("job_succeeds_again", "probe")]


def test_a_hanging_job_is_named_by_the_ready_check_and_holds_up_no_other(running):
    released = threading.Event()
    good = Work("audit")
    jobs = running.start(Work("probe", lambda: released.wait(60) and None), good)
    jobs.check()
    running.clock.advance(LEAST_OVERDUE_SECONDS + 1)
    before = good.runs
    eventually(lambda: good.runs > before + 1, what="runs of the other job")
    with pytest.raises(JobsOverdue, match=r"^probe has not succeeded for 21 s$"):
        jobs.check()
    released.set()
    eventually(lambda: passes(jobs), what="the ready check passes again")


def passes(jobs: Jobs) -> bool:
    try:
        jobs.check()
    except JobsOverdue:
        return False
    return True


def test_every_series_exists_before_the_first_run(running):
    Jobs([Work("audit")], JobMetrics(running.registry), running.clock)
    assert running.runs("audit", "ok") == running.runs("audit", "failed") == 0
    started = running.registry.get_sample_value("job_last_success_timestamp_seconds", {"job": "audit"})
    assert started == running.clock.now().timestamp()


def test_a_job_says_how_old_its_last_success_may_become(running):
    work = [Work("audit", period_seconds=1), Work("probe", period_seconds=15), Work("risk", period_seconds=15)]
    Jobs(work, JobMetrics(running.registry), running.clock, {"risk": 600})
    said = {job.name: running.registry.get_sample_value("job_overdue_after_seconds", {"job": job.name}) for job in work}
    assert said == {"audit": LEAST_OVERDUE_SECONDS, "probe": 75, "risk": 600}


def test_a_job_that_may_take_long_is_not_overdue_before(running):
    jobs = Jobs([Work("risk", period_seconds=15)], JobMetrics(running.registry), running.clock, {"risk": 600})
    running.clock.advance(599)
    jobs.check()
    running.clock.advance(2)
    with pytest.raises(JobsOverdue, match="risk"):
        jobs.check()
