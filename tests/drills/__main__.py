"""``python -m tests.drills NAME``: run one drill on a stack of its own, or on a running one."""

import argparse
import sys

from rich.console import Console

from bench.stacks import add_stack_arguments, chosen_stack
from stack.layout import ROOT
from tests.drills import frame, rows
from tests.drills.freeze_writer import FreezeWriter
from tests.drills.kill_writer import KillWriter

DRILLS = {drill.name: drill for drill in (KillWriter, FreezeWriter)}
RESULT = ROOT / ".stack" / "drills.json"


def main(arguments: list[str]) -> int:
    """0 when nothing was lost, doubled or created, the right alert fired and transfers were accepted again in time."""
    parser = argparse.ArgumentParser(prog="python -m tests.drills", description="Faults under load.")
    parser.add_argument("name", choices=sorted(DRILLS))
    add_stack_arguments(parser, default=".stack-drill")
    options = parser.parse_args(arguments)
    console = Console()
    with chosen_stack(options, console) as platform:
        report = frame.run(DRILLS[options.name](), platform, console)
    rows.keep(RESULT, report.row)
    rows.show(console, report.row)
    for finding in report.findings:
        console.print(f"[red]wrong:[/] {finding}")
    return 1 if report.findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
