"""`python -m stack <command>`; the Makefile's words are these."""

from __future__ import annotations

import argparse
import errno
import os
import sys
from pathlib import Path

from rich.console import Console

from stack.doctor import examine, print_findings
from stack.down import down, reset
from stack.errors import NotRunning, StackError
from stack.last_mail import show_last_mail
from stack.layout import Layout, read_settings
from stack.log_level import change_level
from stack.logs import show_logs
from stack.monitoring_check import check_monitoring
from stack.process_list import load_process_list
from stack.restart import restart
from stack.run_during import run_during
from stack.running import Stack
from stack.sample_command import make_sample
from stack.service_command import run_as
from stack.status import print_status, print_urls, survey
from stack.traced_lines import show_trace
from stack.up import fetch, up


class Command:
    """One word of the command line; each returns the exit code."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self._arguments = arguments
        self._settings = read_settings()
        self._layout = Layout.of(self._settings)
        self._list = load_process_list()
        self._console = Console(soft_wrap=True)

    def up(self) -> int:
        started = up(self._layout, self._settings, self._list, self._arguments.only or "")
        print_urls(self._console, Stack.load(self._layout.directory))
        for text in started.said:
            self._console.print(text, highlight=False, markup=False)
        return 0

    def down(self) -> int:
        count = down(self._layout, self._list)
        print(f"Stopped {count} processes." if count else "Nothing was running.")
        return 0

    def reset(self) -> int:
        reset(self._layout, self._list)
        print(f"No process runs, and the data in {self._layout.directory} is gone.")
        return 0

    def status(self) -> int:
        try:
            stack = Stack.load(self._layout.directory)
        except NotRunning as error:
            print(error)
            return 1
        rows = survey(stack)
        print_status(self._console, stack, rows)
        return 0 if all(row.is_well for row in rows) else 1

    def logs(self) -> int:
        if self._arguments.trace:
            return show_trace(self._layout, self._arguments.trace)
        return show_logs(self._layout, self._arguments.name)

    def log_level(self) -> int:
        changed = change_level(Stack.load(self._layout.directory), self._arguments.level, self._arguments.name)
        print(f"{self._arguments.level}: {', '.join(changed) or 'nothing runs'}")
        return 0

    def restart(self) -> int:
        restart(Stack.load(self._layout.directory), self._arguments.name)
        return 0

    def doctor(self) -> int:
        return print_findings(self._console, examine(self._layout, self._settings, self._list))

    def fetch(self) -> int:
        also = [name for name in ("browser", "compose") if getattr(self._arguments, name)]
        fetch(self._layout, self._list, also)
        return 0

    def run(self) -> int:
        words = [word for word in self._arguments.words if word != "--"]
        return run_during(self._layout, self._settings, self._list, words, self._arguments.only or "")

    def sample(self) -> int:
        up(self._layout, self._settings, self._list, "mongod")
        return make_sample(Stack.load(self._layout.directory), self._arguments.size, self._arguments.seed)

    def mail(self) -> int:
        return show_last_mail(Stack.load(self._layout.directory), self._arguments.to or "")

    def redrive(self) -> int:
        stack = Stack.load(self._layout.directory)
        return run_as(stack, "notification-deliverer", "notification_service.redrive", self._arguments.others)

    def dead_letters(self) -> int:
        stack = Stack.load(self._layout.directory)
        return run_as(stack, "notification-people", "service_kit.dead_letters", self._arguments.others)

    def backfill(self) -> int:
        stack = Stack.load(self._layout.directory)
        # No process has all of it: the lake as the ingester keeps it, our credentials, and where the ledger is.
        more = stack.env("analytics-ingester") | {"TRANSACTION_URL": stack.env("monitoring-auditor")["TRANSACTION_URL"]}
        return run_as(stack, "analytics-reporter", "analytics_service.backfill", self._arguments.others, more)

    def monitoring(self) -> int:
        check_monitoring(self._layout.root, self._list)
        return 0


def main() -> int:
    parser = _parser()
    arguments, others = parser.parse_known_args()
    if others and arguments.command not in ("redrive", "dead-letters", "backfill"):
        parser.error(f"unrecognized arguments: {' '.join(others)}")
    arguments.others = others
    if not Path("/proc/self/environ").exists():
        print("stack: Linux is needed (Debian or Ubuntu)", file=sys.stderr)
        return 2
    try:
        code: int = getattr(Command(arguments), arguments.command.replace("-", "_"))()
    except StackError as error:
        print(f"stack: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        print(f"stack: disk full: {error.filename or os.strerror(error.errno)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstack: interrupted; `make status` tells what runs", file=sys.stderr)
        return 130
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m stack", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    start = commands.add_parser("up", help="start what doesn't run yet, and wait until it is healthy")
    start.add_argument("--only", default=os.environ.get("STACK_ONLY"), help='"servers", or names with commas between')
    commands.add_parser("down", help="stop every process")
    commands.add_parser("reset", help="stop every process and remove data, logs and secrets")
    commands.add_parser("status", help="what runs, how well, and where; exit code 0 when all is well")
    logs = commands.add_parser("logs", help="the newest lines; on a terminal also those to come")
    logs.add_argument("name", nargs="?", default="")
    logs.add_argument("--trace", help="the lines of one trace or request, of all processes in order")
    level = commands.add_parser("log-level", help="make processes of ours log more, or as usual, while they run")
    level.add_argument("name", nargs="?", default="")
    level.add_argument("--level", default="debug", help="debug (for a quarter of an hour) or usual")
    again = commands.add_parser("restart", help="restart one process, or all of ours")
    again.add_argument("name", nargs="?", default="")
    commands.add_parser("doctor", help="what this machine lacks, and how to mend it")
    download = commands.add_parser("fetch", help="only install and download what `up` needs")
    download.add_argument("--browser", action="store_true", help="Chromium too, for the tests")
    download.add_argument("--compose", action="store_true", help="docker-compose too, to check docker-compose.yml")
    during = commands.add_parser("run", help="start a stack, run a command with its addresses, reset the stack")
    during.add_argument("--only", help='"servers", or names with commas between')
    during.add_argument("words", nargs=argparse.REMAINDER, metavar="-- COMMAND")
    sample = commands.add_parser("sample", help="a history by chance for an empty stack")
    sample.add_argument("--size", default="100000", help="how many transfers")
    sample.add_argument("--seed", default="1", help="the same seed makes the same rows")
    mail = commands.add_parser("mail", help="the newest mail that the platform has sent")
    mail.add_argument("--to", help="the newest one to this address")
    commands.add_parser(
        "redrive", help="the dead deliveries; with --all, --channel, --target or --id they are tried again"
    )
    commands.add_parser(
        "dead-letters", help="what consumers could not use; with --back TOPIC, --cause or --since it is put back"
    )
    commands.add_parser("backfill", help="what the lake lacks, from the journal; with --rebuild all of it anew")
    commands.add_parser("monitoring", help="check Prometheus' and Alertmanager's configuration, rules and rule tests")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
