"""``python -m tests.drills [NAME]``: run all drills, some or one, each on a stack of its own, or on a running one."""

import argparse
import pkgutil
import signal
import sys
import time
from collections.abc import Callable

from rich.console import Console

from bench.machine import Machine, revision
from bench.stacks import Platform, add_stack_arguments, chosen_stack
from stack.containers import are_wanted
from stack.layout import read_settings
from tests.drills import (
    clock_off,
    dead_webhook,
    disk_full,
    every,
    frame,
    history,
    kill_deliverer,
    kill_each,
    kill_ingester,
    kill_reporter,
    log_out_everywhere,
    network,
    report_under_load,
    rounds,
    rows,
    small_disk,
    tamper,
    vanishing_clients,
    whole_lives,
)
from tests.drills.crash import CRASHES, with_fail_points
from tests.drills.freeze_writer import FreezeWriter
from tests.drills.kept import KEPT, LATEST, Kept, now
from tests.drills.kill_auth import KillAuth
from tests.drills.kill_kafka import FreezeZooKeeper, KillKafka, KillZooKeeper
from tests.drills.kill_process import KillConsumer, KillIngester, KillMongod, KillWeb
from tests.drills.kill_writer import KillWriter
from tests.drills.log_in_flood import LogInFlood
from tests.drills.mark import marked
from tests.drills.poison import Poison
from tests.drills.poison_flood import PoisonFlood
from tests.drills.redis_away import EmptyRedis, FreezeRedis, KillRedis
from tests.drills.rewind import Rewind
from tests.drills.silence_relay import FreezeRelay, KillRelay
from tests.drills.slow_consumer import SlowConsumer
from tests.drills.stop_consumer import StopConsumer
from tests.drills.stop_kafka import FreezeKafka, StopKafka
from tests.drills.stop_mongod import FreezeMongod, StopMongod

FAULTS = (
    KillWriter,
    FreezeWriter,
    KillConsumer,
    KillIngester,
    KillRelay,
    FreezeRelay,
    StopConsumer,
    SlowConsumer,
    StopKafka,
    FreezeKafka,
    KillKafka,
    KillZooKeeper,
    FreezeZooKeeper,
    StopMongod,
    FreezeMongod,
    Poison,
    PoisonFlood,
    Rewind,
    EmptyRedis,
    KillRedis,
    FreezeRedis,
    clock_off.ClockAhead,
    clock_off.ClockBehind,
    KillAuth,
    LogInFlood,
)
AGAIN_AND_AGAIN = (KillWriter, FreezeWriter, KillWeb, KillRelay, FreezeRelay, KillMongod)

Drill = Callable[[int | None, Platform, Console], frame.Report]
"""With the number of rounds that was asked for, if one was; what happens once takes no notice of it."""


def _once(fault: frame.Fault) -> Drill:
    return lambda _, platform, console: frame.run(fault, platform, console)


def _rounds(fault: frame.Fault) -> Drill:
    return lambda count, platform, console: rounds.run(fault, count or rounds.ROUNDS, platform, console)


def _on_lines(kind: type[network.NetworkFault]) -> Drill:
    return lambda _, platform, console: network.run(kind, platform, console)


def _on_a_small_disk(store: disk_full.Store) -> Drill:
    return lambda _, platform, console: disk_full.run(store, platform, console)


def _bad_requests(target: str) -> Drill:
    """No other drill needs schemathesis, which takes a while to import."""

    def drill(count: int | None, platform: Platform, console: Console) -> frame.Report:
        from tests.drills import bad_requests

        chosen: bad_requests.Target = pkgutil.resolve_name(f"tests.drills.{target}")()
        return bad_requests.run(chosen, count or bad_requests.ROUNDS, platform, console)

    return drill


BAD_REQUESTS = {
    "bad-requests": "bad_payments:Payments",
    "auth-bad-requests": "bad_sign_ins:SignIns",
    "notification-bad-requests": "bad_inbox:Inbox",
    "analytics-bad-requests": "bad_reports:Reports",
    "monitoring-bad-requests": "bad_journeys:Journeys",
}
"""Drill -> its target in this package."""

DRILLS: dict[str, Drill] = {
    **{fault.name: _once(fault()) for fault in FAULTS},
    **{f"{fault.name}-rounds": _rounds(fault()) for fault in AGAIN_AND_AGAIN},
    **{kind.name: _on_lines(kind) for kind in (network.SlowNetwork, network.CutNetwork)},
    **{store.name: _on_a_small_disk(store) for store in disk_full.STORES},
    **{fault.name: _once(fault) for fault in CRASHES},
    kill_each.NAME: lambda _, platform, console: kill_each.run(platform, console),
    history.NAME: history.run,
    tamper.NAME: lambda _, platform, console: tamper.run(platform, console),
    report_under_load.NAME: lambda _, platform, console: report_under_load.run(platform, console),
    vanishing_clients.NAME: lambda _, platform, console: vanishing_clients.run(platform, console),
    whole_lives.NAME: lambda count, platform, console: whole_lives.run(count or rounds.ROUNDS, platform, console),
    log_out_everywhere.NAME: lambda count, platform, console: log_out_everywhere.run(
        count or log_out_everywhere.ROUNDS, platform, console
    ),
    dead_webhook.NAME: dead_webhook.run,
    kill_deliverer.NAME: kill_deliverer.run,
    kill_reporter.NAME: kill_reporter.run,
    kill_ingester.NAME: kill_ingester.run,
    **{name: _bad_requests(target) for name, target in BAD_REQUESTS.items()},
}
LACKING: dict[str, Callable[[], str]] = {
    **{fault.name: clock_off.lacking for fault in (clock_off.ClockAhead, clock_off.ClockBehind)},
    **{store.name: small_disk.lacking for store in disk_full.STORES},
}
"""What a drill needs that not every machine has, in one line; empty where it is there."""


FILE_WIDTH = 160
"""Columns of what is written to a file or a pipe, whose tables would else break numbers at 80."""


def main(arguments: list[str]) -> int:
    """0 when nothing was lost, doubled or created, the right alert fired and transfers were accepted again in time."""
    parser = argparse.ArgumentParser(prog="python -m tests.drills", description="Faults under load.")
    parser.add_argument("names", nargs="?", metavar="NAME,NAME", help=f"default all; {', '.join(sorted(DRILLS))}")
    parser.add_argument("--rounds", type=int, help="how often, in a drill that repeats (of bad requests: 1,000 each)")
    parser.add_argument("--again", action="store_true", help="of several: also those that have held at this commit")
    parser.add_argument("--record", action="store_true", help="keep the rows for docs/drills.md")
    parser.add_argument("--state", default="", help='what else the machine does, such as "nothing else running"')
    add_stack_arguments(parser, default=".stack-drill")
    options = parser.parse_args(arguments)
    names = options.names.split(",") if options.names else list(DRILLS)
    if unknown := set(names) - set(DRILLS):
        parser.error(f"no such drill: {', '.join(sorted(unknown))}; there are {', '.join(sorted(DRILLS))}")
    # So that the stack of its own ends with it.
    signal.signal(signal.SIGTERM, _end)
    console = Console(width=None if sys.stdout.isatty() else FILE_WIDTH)
    if len(names) == 1:
        code = _one(names[0], options, console)
    else:
        wishes = every.Wishes(options.rounds, options.again, options.stack, options.state)
        code = every.run(names, wishes, console, at=revision())
    if options.record:
        for kept in filter(None, (Kept.read(LATEST, name) for name in names)):
            kept.write(KEPT)
    return code


def _end(*_: object) -> None:
    """The first SIGTERM ends it; those that follow don't disturb the stack's taking down."""
    signal.signal(signal.SIGTERM, lambda *_: None)
    sys.exit(128 + signal.SIGTERM)


def _one(name: str, options: argparse.Namespace, console: Console) -> int:
    """Run it whatever is known of it; 2 when this machine lacks what it needs."""
    lack = LACKING[name]() if name in LACKING else ""
    if are_wanted(read_settings()):
        lack = "drills are for processes, and STACK_SERVICES wants containers"
    if lack:
        console.print(lack)
        return 2
    ran_at, began, machine = now(), time.monotonic(), Machine.of_here(options.state)
    settings = with_fail_points(options.own_stack)
    with chosen_stack(options, console, settings=settings) as platform, marked(platform, name):
        report = DRILLS[name](options.rounds, platform, console)
    seconds = round(time.monotonic() - began, 1)
    figures = {key: value for key, value in report.row.flat().items() if key != "name"}
    Kept(name, ran_at, revision(), machine, options.rounds, seconds, report.findings, figures).write(LATEST)
    rows.show(console, report.row)
    for finding in report.findings:
        console.print(f"[red]wrong:[/] {finding}")
    return 1 if report.findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
