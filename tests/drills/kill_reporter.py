"""kill -9 of the reporter, again and again, with jobs in flight: every accepted job ends once, with the figures of the
report itself, and whoever has one made by a schedule is told once."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from dataclasses import asdict

from rich.console import Console

from bench.stacks import Platform
from tests.drills import frame, metrics, rounds
from tests.drills.alerts import Alert
from tests.drills.frame import Report
from tests.drills.ordered_jobs import Jobs, Orders
from tests.drills.rows import Row, broken

NAME = "kill-reporter-rounds"
ORDERING = 4
OVER_WITHIN_SECONDS = 180
TOLD_WITHIN_SECONDS = 60
AT_WORK_WITHIN_SECONDS = 10
KILLED = "analytics-reporter"


class KillReporter:
    """It is gone in the middle of what it does; the supervisor brings a new one."""

    name = "kill-reporter"
    silence_limit_s = 5.0
    """The ledger doesn't know of it."""
    alerts: Sequence[Alert] = (Alert("ProcessRestarted", {"process": KILLED}),)

    def __init__(self) -> None:
        self._pid = 0
        self.ended_at = 0.0

    def aim(self, platform: Platform) -> None:
        """At a job: most are over within a blink, and a reporter that has nothing to do loses nothing."""
        self._pid = platform.stack.pid(KILLED)
        deadline = time.monotonic() + AT_WORK_WITHIN_SECONDS
        while not metrics.total(platform, KILLED, "analytics_jobs_at_work") and time.monotonic() < deadline:
            time.sleep(0.01)

    def inject(self) -> None:
        os.kill(self._pid, signal.SIGKILL)
        self.ended_at = time.time()

    def heal(self) -> None:
        """The supervisor does."""

    def findings(self, platform: Platform) -> list[str]:
        """Every process is ready again."""
        return platform.unhealthy()


def run(count: int | None, platform: Platform, console: Console) -> Report:
    """Drill a running platform; the next round begins when all is well again."""
    fault = KillReporter()
    with platform.api() as api:
        stage = frame.set_stage(platform, api, console)
        orders = Orders(platform, api, stage.people[:ORDERING])
        try:
            job = frame.job(platform, stage.people, frame.LONGEST_SECONDS)
            course = rounds.under_load(fault, count or rounds.ROUNDS, platform, job, console)
        finally:
            orders.stop()
        account = frame.account_of(api, stage, course.book, console)
        orders.end_schedules()
        with console.status("waiting until all jobs are over, then reading every result"):
            late = [] if orders.over(OVER_WITHIN_SECONDS) else [f"jobs wait after {OVER_WITHIN_SECONDS} s"]
            orders.told(TOLD_WITHIN_SECONDS)
            jobs = orders.account()
    findings = [*account.findings(), *late, *wrong_with(jobs), *course.findings, *fault.findings(platform)]
    return Report(Row(NAME, account, course.alert, course.impact, {**course.figures, **asdict(jobs)}), findings)


def wrong_with(jobs: Jobs) -> list[str]:
    """One sentence for each promise that was broken, or not put to the test."""
    sentences = {
        "jobs_not_done": "accepted jobs are not done",
        "jobs_doubled": "keys lead to another job",
        "jobs_wrong": "results are not what the report itself answers",
        "scheduled_doubled": "due moments have several jobs",
        "scheduled_not_told": "scheduled jobs were not told",
        "scheduled_told_twice": "scheduled jobs were told more than once",
    }
    nothing = [
        f"there was nothing of {name}: nothing was proven"
        for name in ("jobs_taken_again", "scheduled_told")
        if not getattr(jobs, name)
    ]
    return [*nothing, *broken(jobs, sentences)]
