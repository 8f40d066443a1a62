"""Reports over millions of rows, one after the other, while people pay: payments stay as quick, and none is lost."""

from __future__ import annotations

import time
from contextlib import ExitStack

from rich.console import Console

from bench.beside import reports_running
from bench.load.process import LoadRun
from bench.stacks import Platform
from tests.drills import accounting, frame
from tests.drills.alerts import fired_within
from tests.drills.frame import Report
from tests.drills.impact import Impact, Span, impact
from tests.drills.large_lake import enlarge, rows_asked_for
from tests.drills.pulse import Pulse
from tests.drills.rows import Named, Row

NAME = "report-under-load"
ANALYST = "drill-analyst"
BEFORE_SECONDS, REPORTING_SECONDS = 15, 45
SILENCE_LIMIT_SECONDS = 5.0
PROMISED_MS = 250.0
"""99 % of payments within it. Where the machine doesn't keep that without reports either: SLOWER times what it took."""
SLOWER = 1.5


def run(platform: Platform, console: Console) -> Report:
    """Drill a running platform. ROWS in the environment says how large its lake is made. No alert may fire."""
    rows = enlarge(platform, rows_asked_for(), console)
    with platform.api() as api, ExitStack() as reporting:
        frame.people(platform, api, [ANALYST])
        platform.command_of_auth("grant_role", ANALYST, "analyst")
        stage = frame.set_stage(platform, api, console)
        load = LoadRun(frame.job(platform, stage.people, frame.LONGEST_SECONDS))
        try:
            pulse = Pulse(load)
            time.sleep(BEFORE_SECONDS)
            token, began_at = api.log_in(ANALYST, platform.demo_password), time.time()
            done = reporting.enter_context(reports_running(platform.url("analytics-web"), token))
            fired = fired_within(platform.prometheus_url, REPORTING_SECONDS)
            reporting.close()
            span = Span(began_at, time.time())
            console.print(f"{len(done)} reports over {rows:,} rows are done")
            fired |= fired_within(platform.prometheus_url, frame.AFTER_SECONDS)
            book = pulse.result().book
        finally:
            load.stop()
        account = frame.account_of(api, stage, book, console)
    silence, felt = accounting.longest_silence(book, began_at), impact(book, [span])
    findings = [*account.findings(), *slower(felt), *platform.unhealthy()]
    findings += [f"{name} fired" for name in sorted(fired)]
    if silence is None or silence > SILENCE_LIMIT_SECONDS:
        findings.append(f"nothing was accepted for {silence} s, allowed are {SILENCE_LIMIT_SECONDS:g} s")
    if not done:
        findings.append("no report was done: nothing was proven")
    figures = {"lake_rows": float(rows), "reports": float(len(done))}
    return Report(Row(NAME, account, Named(None, None, silence, SILENCE_LIMIT_SECONDS), felt, figures), findings)


def slower(felt: Impact) -> list[str]:
    """Whether payments took longer beside reports than they may."""
    before, during = felt.p99_before_ms, felt.p99_during_ms
    if before is None or during is None:
        return ["too few payments to tell how long they took"]
    if during <= max(PROMISED_MS, before * SLOWER):
        return []
    return [f"the p99 of payments was {during:g} ms beside reports, and {before:g} ms without"]
