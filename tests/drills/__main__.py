"""``python -m tests.drills NAME``: run one drill on a stack of its own, or on a running one."""

import argparse
import sys
from collections.abc import Callable

from rich.console import Console

from bench.stacks import Platform, add_stack_arguments, chosen_stack
from stack.layout import ROOT
from tests.drills import (
    dead_webhook,
    frame,
    history,
    kill_deliverer,
    kill_each,
    kill_ingester,
    kill_reporter,
    log_out_everywhere,
    rounds,
    rows,
    tamper,
    whole_lives,
)
from tests.drills.empty_redis import EmptyRedis
from tests.drills.freeze_writer import FreezeWriter
from tests.drills.kill_auth import KillAuth
from tests.drills.kill_process import KillConsumer, KillIngester, KillMongod, KillWeb
from tests.drills.kill_writer import KillWriter
from tests.drills.mark import marked
from tests.drills.poison import Poison
from tests.drills.poison_flood import PoisonFlood
from tests.drills.rewind import Rewind
from tests.drills.silence_relay import FreezeRelay, KillRelay
from tests.drills.stop_consumer import StopConsumer
from tests.drills.stop_kafka import StopKafka
from tests.drills.stop_mongod import FreezeMongod, StopMongod

FAULTS = (
    KillWriter,
    FreezeWriter,
    KillConsumer,
    KillIngester,
    KillRelay,
    FreezeRelay,
    StopConsumer,
    StopKafka,
    StopMongod,
    FreezeMongod,
    Poison,
    PoisonFlood,
    Rewind,
    EmptyRedis,
    KillAuth,
)
AGAIN_AND_AGAIN = (KillWriter, FreezeWriter, KillWeb, KillRelay, FreezeRelay, KillMongod)

Drill = Callable[[int | None, Platform, Console], frame.Report]
"""With the number of rounds that was asked for, if one was; what happens once takes no notice of it."""


def _once(fault: frame.Fault) -> Drill:
    return lambda _, platform, console: frame.run(fault, platform, console)


def _rounds(fault: frame.Fault) -> Drill:
    return lambda count, platform, console: rounds.run(fault, count or rounds.ROUNDS, platform, console)


def _bad_payments(count: int | None, platform: Platform, console: Console) -> frame.Report:
    """No other drill needs schemathesis, which takes a while to import."""
    from tests.drills import bad_payments, bad_requests

    return bad_requests.run(bad_payments.Payments(), count or bad_requests.ROUNDS, platform, console)


def _bad_sign_ins(count: int | None, platform: Platform, console: Console) -> frame.Report:
    from tests.drills import bad_requests, bad_sign_ins

    return bad_requests.run(bad_sign_ins.SignIns(), count or bad_requests.ROUNDS, platform, console)


DRILLS: dict[str, Drill] = {
    **{fault.name: _once(fault()) for fault in FAULTS},
    **{f"{fault.name}-rounds": _rounds(fault()) for fault in AGAIN_AND_AGAIN},
    kill_each.NAME: lambda _, platform, console: kill_each.run(platform, console),
    history.NAME: history.run,
    tamper.NAME: lambda _, platform, console: tamper.run(platform, console),
    whole_lives.NAME: lambda count, platform, console: whole_lives.run(count or rounds.ROUNDS, platform, console),
    log_out_everywhere.NAME: lambda count, platform, console: log_out_everywhere.run(
        count or log_out_everywhere.ROUNDS, platform, console
    ),
    dead_webhook.NAME: dead_webhook.run,
    kill_deliverer.NAME: kill_deliverer.run,
    kill_reporter.NAME: kill_reporter.run,
    kill_ingester.NAME: kill_ingester.run,
    "bad-requests": _bad_payments,
    "auth-bad-requests": _bad_sign_ins,
}
RESULT = ROOT / ".stack" / "drills.json"


def main(arguments: list[str]) -> int:
    """0 when nothing was lost, doubled or created, the right alert fired and transfers were accepted again in time."""
    parser = argparse.ArgumentParser(prog="python -m tests.drills", description="Faults under load.")
    parser.add_argument("name", choices=sorted(DRILLS))
    parser.add_argument("--rounds", type=int, help="how often, in a drill that repeats (of bad requests: 1,000 each)")
    add_stack_arguments(parser, default=".stack-drill")
    options = parser.parse_args(arguments)
    console = Console()
    with chosen_stack(options, console) as platform, marked(platform, options.name):
        report = DRILLS[options.name](options.rounds, platform, console)
    rows.keep(RESULT, report.row)
    rows.show(console, report.row)
    for finding in report.findings:
        console.print(f"[red]wrong:[/] {finding}")
    return 1 if report.findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
