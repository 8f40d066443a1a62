"""kill -9 of every process of the list, one after the other, while load runs; each must be reported and come back."""

import os
import signal
import time
from dataclasses import dataclass

from rich.console import Console

from bench.load.process import LoadRun
from bench.stacks import Platform
from stack.process_list import Process
from tests.drills import accounting, frame
from tests.drills.alerts import Alert, first_of
from tests.drills.frame import Report
from tests.drills.impact import Span, impact
from tests.drills.rows import Named, Row

NAME = "kill-each"
SECONDS_EACH = 20
BY_THEIR_COLLECTOR = {
    "mongod": "MongoRestarted",
    "redis": "RedisRestarted",
    "zookeeper": "ZooKeeperRestarted",
    "kafka": "KafkaRestarted",
}
"""Servers that export no start time of their own; what monitoring sees of them tells of their death."""


@dataclass(frozen=True)
class Death:
    """`at`: seconds since the epoch; `seconds`: from then to the alert that named it, None when none did; `findings`:
    what was wrong."""

    at: float
    seconds: float | None
    findings: list[str]


def run(platform: Platform, console: Console) -> Report:
    """Drill a running platform."""
    processes = platform.stack.processes
    with platform.api() as api:
        stage = frame.set_stage(platform, api, console)
        load = LoadRun(frame.job(platform, stage.people, SECONDS_EACH * len(processes)))
        try:
            time.sleep(frame.QUIET_SECONDS)
            deaths = [_kill(process, platform, console) for process in processes]
            last_at = time.time()
            result = load.result()
        finally:
            load.stop()
        account = frame.account_of(api, stage, result.book, console)
    findings = [*account.findings(), *(finding for death in deaths for finding in death.findings)]
    if last_at > result.began + result.seconds:
        findings.append(f"the last kills came {last_at - result.began - result.seconds:.0f} s after the load")
    told = [death.seconds for death in deaths if death.seconds is not None]
    silence = accounting.longest_silence(result.book, deaths[0].at)
    alert = Named(f"{len(told)} of {len(deaths)}", max(told, default=None), silence)
    felt = impact(result.book, [Span(death.at, death.at) for death in deaths])
    return Report(Row(NAME, account, alert, felt), findings)


def _kill(process: Process, platform: Platform, console: Console) -> Death:
    """Kill it, wait for its alert, wait until all is well again."""
    alert = alert_of(process)
    os.kill(platform.stack.pid(process.name), signal.SIGKILL)
    at, killed_at = time.time(), time.monotonic()
    fired = first_of(platform.prometheus_url, [alert], within_s=frame.ALERT_LIMIT_SECONDS)
    seconds = round(time.monotonic() - killed_at, 1) if fired else None
    trouble = frame.until_healthy(platform)
    console.print(f"{process.name}: {alert} after {seconds} s, all ready after {time.monotonic() - killed_at:.1f} s")
    findings = [] if fired else [f"{process.name} was killed, and {alert} did not fire"]
    return Death(at, seconds, [*findings, *(f"after the end of {process.name}: {line}" for line in trouble)])


def alert_of(process: Process) -> Alert:
    """The alert that must name this process' death."""
    collected = BY_THEIR_COLLECTOR.get(process.name)
    return Alert(collected) if collected else Alert("ProcessRestarted", {"process": process.name})
