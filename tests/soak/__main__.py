"""``python -m tests.soak --minutes 60``: load without a fault, on a stack of its own or on a running one."""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict

from rich.console import Console
from rich.table import Table

from bench.load.job import Steady
from bench.load.process import LoadRun
from bench.stacks import Platform, add_stack_arguments, chosen_stack
from stack.layout import ROOT
from tests.drills import frame
from tests.drills.mark import marked
from tests.drills.pulse import Pulse
from tests.drills.rows import Account
from tests.soak.growth import Measured, grown
from tests.soak.watching import Watching

RESULT = ROOT / ".stack" / "soak.json"
ALERTS_SECONDS = 5
LOOKS = 120
"""So often every process is measured, however long the soak is; not more often than alerts are looked at."""


def main(arguments: list[str]) -> int:
    """0 when nothing was lost, doubled or created, no alert fired but Watchdog, and nothing grew."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description="Load without a fault.")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--rate", type=float, default=20, help="transfers a second (20)")
    add_stack_arguments(parser, default=".stack-soak")
    options = parser.parse_args(arguments)
    console = Console()
    with chosen_stack(options, console) as platform, marked(platform, "soak"):
        account, watching = _soak(platform, options.minutes * 60, options.rate, console)
    measured = watching.measured()
    findings = [*account.findings(), *(f"{name} fired" for name in sorted(watching.alerts)), *grown(measured)]
    _show(console, account, measured)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(
        json.dumps({"minutes": options.minutes, **asdict(account), "findings": findings}, indent=2) + "\n"
    )
    for finding in findings:
        console.print(f"[red]wrong:[/] {finding}")
    return 1 if findings else 0


def _soak(platform: Platform, seconds: float, rate: float, console: Console) -> tuple[Account, Watching]:
    watching = Watching(platform)
    with platform.api() as api:
        stage = frame.set_stage(platform, api, console)
        usernames = [person.username for person in stage.people]
        traffic = Steady(seconds=seconds, payees=usernames, per_second=rate)
        load = LoadRun(frame.job(platform, stage.people, seconds, traffic))
        try:
            pulse = Pulse(load)
            _watch(watching, seconds, pulse, console)
            book = pulse.result().book
        finally:
            load.stop()
        return frame.account_of(api, stage, book, console), watching


def _watch(watching: Watching, seconds: float, pulse: Pulse, console: Console) -> None:
    """Until the load is over."""
    began = time.monotonic()
    between = max(seconds / LOOKS, ALERTS_SECONDS)
    measured_at = began - between
    with console.status("soaking") as status:
        while (now := time.monotonic()) - began < seconds:
            watching.look_at_alerts()
            if now - measured_at >= between:
                watching.measure()
                measured_at = now
            minutes = (now - began) / 60
            status.update(
                f"{minutes:.0f} min: {pulse.accepted:,} accepted, fired: {sorted(watching.alerts) or 'nothing'}"
            )
            time.sleep(ALERTS_SECONDS)


def _show(console: Console, account: Account, measured: list[Measured]) -> None:
    table = Table("process", "what", "before", "after", title=f"{account.accepted:,} transfers accepted")
    for each in measured:
        if each.values:
            table.add_row(each.process, each.what, f"{each.before:,.0f}", f"{each.after:,.0f}")
    console.print(table)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
