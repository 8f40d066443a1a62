"""What a frozen Kafka takes from those who pay, and how soon the topic has what queued up meanwhile."""

import argparse
import os
import signal
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console

from bench.claims import Claim, Round, claim_from
from bench.field import CLIENTS
from bench.load.book import Entry, of_outcome
from bench.load.job import Person
from bench.load.open_job import logged_in, open_job
from bench.load.process import LoadRun, Result
from bench.notified import make_people
from bench.platform import Api
from bench.saturation import saturate
from bench.stacks import Platform, add_stack_arguments, chosen_stack

BROKER = "kafka"
ACCEPTS, DRAINS = 0.95, 5.0
LOOK_SECONDS, GIVE_UP_SECONDS = 0.5, 120.0
QUICK = {"quick": 1.0}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The length of the run; the defaults take about six minutes."""
    parser.add_argument("--rounds", type=int, default=3, help="freezes (default 3)")
    parser.add_argument("--seconds", type=float, default=15, help="before a freeze, and to find the most (default 15)")
    parser.add_argument("--frozen", type=float, default=30, help="seconds that the broker is frozen (default 30)")
    parser.add_argument("--share", type=float, default=0.25, help="arrivals, of the saturated rate (default 0.25)")
    add_stack_arguments(parser, default=".stack-bench")


def run(options: argparse.Namespace) -> list[Claim]:
    """Measure and judge."""
    console = Console()
    with chosen_stack(options, console) as platform, platform.api() as api:
        bench = _Bench(platform, api, options, console, make_people(platform, api))
        arrivals = options.share * bench.saturated()
        for number in range(options.rounds):
            bench.round(arrivals, number)
    return claims(bench.accepting, bench.draining)


@dataclass
class _Bench:
    platform: Platform
    api: Api
    options: argparse.Namespace
    console: Console
    people: Sequence[Person]
    accepting: list[Round] = field(default_factory=list)
    draining: list[Round] = field(default_factory=list)

    def saturated(self) -> float:
        """Transfers a second at most, everything at work."""
        rate = saturate(self.platform, self.api, self.people, seconds=self.options.seconds).tally.rate
        self.api.published_to_head()
        return rate

    def round(self, arrivals: float, number: int) -> None:
        """People come all the time; the broker stands still for a while."""
        options = self.options
        job = open_job(
            self.platform,
            logged_in(self.api, self.people[:CLIENTS]),
            self.platform.directory / "bench-book.jsonl",
            seed=number,
            per_second=arrivals,
            seconds=options.seconds + options.frozen + GIVE_UP_SECONDS,
            arrivals="constant",
            mix=QUICK,
            think_seconds=0,
        )
        load, began = LoadRun(job), time.time()
        try:
            time.sleep(options.seconds)  # what is accepted before is what it is compared with
            with _frozen(self.platform.stack.pid(BROKER)):
                frozen_at = time.time()
                time.sleep(options.frozen)
                thawed_at = time.time()
            backlog, drained = self._drained_a_second(arrivals)
            load.finish()
            result: Result = load.result()
        finally:
            load.stop()
        # The first seconds connect everybody.
        before = accepted_a_second(result.book, began + options.seconds / 3, frozen_at)
        during = accepted_a_second(result.book, frozen_at, thawed_at)
        self.accepting.append(Round(during, before))
        self.draining.append(Round(drained, arrivals))
        self.console.print(
            f"  {before:.0f} accepted a second, {during:.0f} while Kafka stood still; {backlog} behind, "
            f"then {drained:.0f} published a second while {arrivals:.0f} came"
        )

    def _drained_a_second(self, arrivals: float) -> tuple[int, float]:
        """How much was behind, and what is published a second from when the relay goes on until a second's arrivals are
        left. Raises RuntimeError when that takes too long."""
        deadline, first = time.monotonic() + GIVE_UP_SECONDS, self.api.summary()
        went_on: tuple[float, int] | None = None
        while time.monotonic() < deadline:
            now, summary = time.monotonic(), self.api.summary()
            if went_on is None and summary.published > first.published:
                went_on = now, summary.published
            if went_on and summary.head - summary.published <= arrivals:
                took = max(LOOK_SECONDS, now - went_on[0])
                return first.head - first.published, max(1, summary.published - went_on[1]) / took
            time.sleep(LOOK_SECONDS)
        raise RuntimeError(f"what had queued was not published within {GIVE_UP_SECONDS:.0f} s")


def accepted_a_second(book: Iterable[Entry], since: float, until: float) -> float:
    """Of the transfers that were decided in that time."""
    return sum(since <= entry.decided_at < until for entry in of_outcome(book, "accepted")) / (until - since)


def claims(accepting: Sequence[Round], draining: Sequence[Round]) -> list[Claim]:
    """What the rounds prove."""
    return [
        claim_from(
            accepting,
            claim="transfers/s accepted while Kafka stands still",
            unit="transfers/s",
            goal=ACCEPTS,
            against="those before it",
        ),
        claim_from(
            draining,
            claim="positions/s published once Kafka goes on, while more arrive",
            unit="positions/s",
            goal=DRAINS,
            against="what arrives",
        ),
    ]


@contextmanager
def _frozen(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)
