"""``python -m tests.drills NAME``: run one drill on a stack of its own, or on a running one."""

import argparse
import sys
from collections.abc import Callable
from functools import partial

from rich.console import Console

from bench.stacks import Platform, add_stack_arguments, chosen_stack
from stack.layout import ROOT
from tests.drills import frame, kill_each, rows
from tests.drills.freeze_writer import FreezeWriter
from tests.drills.kill_process import KillConsumer, KillIngester
from tests.drills.kill_writer import KillWriter
from tests.drills.poison import Poison
from tests.drills.rewind import Rewind
from tests.drills.silence_relay import FreezeRelay, KillRelay
from tests.drills.stop_consumer import StopConsumer

FAULTS = (KillWriter, FreezeWriter, KillConsumer, KillIngester, KillRelay, FreezeRelay, StopConsumer, Poison, Rewind)

Drill = Callable[[Platform, Console], frame.Report]


def _bad_requests(platform: Platform, console: Console) -> frame.Report:
    """No other drill needs schemathesis, which takes a while to import."""
    from tests.drills import bad_requests

    return bad_requests.run(platform, console)


DRILLS: dict[str, Drill] = {
    **{fault.name: partial(frame.run, fault()) for fault in FAULTS},
    kill_each.NAME: kill_each.run,
    "bad-requests": _bad_requests,
}
RESULT = ROOT / ".stack" / "drills.json"


def main(arguments: list[str]) -> int:
    """0 when nothing was lost, doubled or created, the right alert fired and transfers were accepted again in time."""
    parser = argparse.ArgumentParser(prog="python -m tests.drills", description="Faults under load.")
    parser.add_argument("name", choices=sorted(DRILLS))
    add_stack_arguments(parser, default=".stack-drill")
    options = parser.parse_args(arguments)
    console = Console()
    with chosen_stack(options, console) as platform:
        report = DRILLS[options.name](platform, console)
    rows.keep(RESULT, report.row)
    rows.show(console, report.row)
    for finding in report.findings:
        console.print(f"[red]wrong:[/] {finding}")
    return 1 if report.findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
