"""How soon a transfer is told, and how much one consumer can tell, against what the ledger can write."""

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import httpx
from rich.console import Console

from bench.alone import started, stopped
from bench.claims import Claim, Round, claim_from
from bench.field import CLIENTS, OURS, SESSIONS
from bench.joined import joined
from bench.load.book import Tally
from bench.load.job import Job, Person, Steady
from bench.load.process import LoadRun
from bench.platform import Api
from bench.scrape import Scrape
from bench.stacks import Platform, add_stack_arguments, chosen_stack

CONSUMER, RELAY = "notification-consumer", "transaction-relay-1"
PAYEES = 136
SIDES = ("transfer.sent", "transfer.received")
"""A payment is told to its payer and to its payee."""
DELAY = "notification_commit_to_notified_seconds"
STOOD_STILL_SECONDS = 300
SOON_SECONDS, KEEPS_UP, DRAINS = 1.0, 1.5, 5.0
GIVE_UP_SECONDS = 240.0
LOOK_SECONDS, QUIET_SECONDS = 0.25, 2.0
NEARLY_SECONDS = 2
"""Arrivals of so long may be on their way when a backlog counts as told."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The length of the run; the defaults take about ten minutes."""
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each part (default 3)")
    parser.add_argument("--seconds", type=float, default=10, help="measured seconds of a round's load (default 10)")
    parser.add_argument("--warm-up", type=float, default=2, help="seconds before them (default 2)")
    parser.add_argument("--share", type=float, default=0.1, help="arrivals, of the saturated rate (default 0.1)")
    add_stack_arguments(parser, default=".stack-bench")


def run(options: argparse.Namespace) -> list[Claim]:
    """Measure and judge."""
    console = Console()
    with chosen_stack(options, console) as platform, platform.api() as api:
        bench = _Bench(platform, api, options, console, make_people(platform, api))
        for number in range(options.rounds):
            saturated = bench.drain_alone(number)
            bench.delay_at_half(saturated, number)
            bench.drain_under_arrivals(saturated * options.share, number)
    return bench.claims()


@dataclass
class _Bench:
    platform: Platform
    api: Api
    options: argparse.Namespace
    console: Console
    people: Sequence[Person]
    alone: list[Round] = field(default_factory=list)
    delays: list[Round] = field(default_factory=list)
    behind: list[Round] = field(default_factory=list)

    def drain_alone(self, number: int) -> float:
        """The saturated rate of the ledger by itself, then the consumer by itself with what that has left to tell."""
        self._wait_until_told()
        services = [process.name for process in self.platform.stack.processes if process.kind == "service"]
        with stopped(self.platform, [name for name in services if name not in (*OURS, *SESSIONS)]) as supervisor:
            tally = self._load(number, seconds=self.options.seconds, warm_up_seconds=self.options.warm_up)
            with started(supervisor, [RELAY]):
                self.api.published_to_head()
            with started(supervisor, [CONSUMER]):
                told = self._told_a_second(lambda told: told >= tally.accepted)
        self.alone.append(Round(told, tally.rate))
        self.console.print(f"  alone: the ledger writes {tally.rate:.0f} transfers/s, the consumer tells {told:.0f}/s")
        return tally.rate

    def delay_at_half(self, saturated: float, number: int) -> None:
        """From the decision to the inbox, everything at work."""
        self._wait_until_told()
        before = self._scrape().histogram(DELAY)
        tally = self._load(number, seconds=self.options.seconds, per_second=saturated / 2)
        self._wait_until_told()
        p99 = self._scrape().histogram(DELAY).since(before).quantile(0.99)
        self.delays.append(Round(p99, SOON_SECONDS))
        self.console.print(f"  at {tally.rate:.0f} transfers/s: p99 from the decision to the inbox {p99 * 1000:.0f} ms")

    def drain_under_arrivals(self, arrivals: float, number: int) -> None:
        """As many as come in five minutes have queued; then the consumer comes back, and more go on coming."""
        self._wait_until_told()
        posted = self.api.summary().posted
        with stopped(self.platform, [CONSUMER]) as supervisor:
            backlog = int(STOOD_STILL_SECONDS * arrivals)
            self._load(number, upto=backlog, seconds=GIVE_UP_SECONDS)
            self.api.published_to_head()
            going_on = LoadRun(self._job(number, seconds=GIVE_UP_SECONDS, per_second=arrivals))
            try:
                supervisor.start_process(CONSUMER)
                nearly = posted + NEARLY_SECONDS * arrivals
                told = self._told_a_second(lambda told: told >= self.api.summary().posted - nearly)
            finally:
                going_on.stop()
        self.behind.append(Round(told, arrivals))
        self.console.print(f"  {backlog} transfers behind, {arrivals:.0f} more a second: told {told:.0f}/s")

    def claims(self) -> list[Claim]:
        """What the rounds prove."""
        return [
            claim_from(
                self.delays,
                claim="p99 from the ledger's decision to the inbox, at half of its saturated rate",
                unit="s",
                goal=1,
                against="one second",
                at_most=True,
            ),
            claim_from(
                self.alone,
                claim="transfers/s that one consumer tells, two notifications each",
                unit="transfers/s",
                goal=KEEPS_UP,
                against="the saturated rate of the ledger by itself",
            ),
            claim_from(
                self.behind,
                claim="transfers/s told after five minutes of standing still, while more arrive",
                unit="transfers/s",
                goal=DRAINS,
                against="what arrives",
            ),
        ]

    def _job(self, number: int, **traffic: float) -> Job:
        return Job(
            auth_url=self.platform.auth_url,
            transaction_url=self.platform.transaction_url,
            people=list(self.people[:CLIENTS]),
            clients=CLIENTS,
            traffic=Steady(payees=[person.username for person in self.people[CLIENTS:]], **traffic),
            book_path=str(self.platform.directory / "bench-book.jsonl"),
            seed=number,
        )

    def _load(self, number: int, upto: int | None = None, **traffic: float) -> Tally:
        """Until the time is over, or until ``upto`` are accepted."""
        load = LoadRun(self._job(number, **traffic))
        try:
            for progress in load.progress():
                if upto is not None and progress.accepted >= upto:
                    load.finish()
            return load.result().tally
        finally:
            load.stop()

    def _told_a_second(self, enough: Callable[[float], bool]) -> float:
        """Transfers a second that a consumer tells which has just been started, from its first batch until `enough`.

        Raises RuntimeError when that takes too long.
        """
        deadline, first = time.monotonic() + GIVE_UP_SECONDS, None
        while time.monotonic() < deadline:
            now, told = time.monotonic(), self._told()
            if told and first is None:
                first = now, told
            if first and told and enough(told):
                return (told - first[1]) / max(LOOK_SECONDS, now - first[0])
            time.sleep(LOOK_SECONDS)
        raise RuntimeError(f"the consumer has not told it all within {GIVE_UP_SECONDS:.0f} s")

    def _told(self) -> float | None:
        """Transfers that the consumer has told since its start; None while it starts."""
        try:
            return self._scrape().total("notification_created_total", kind=SIDES, channel=("inbox",)) / len(SIDES)
        except httpx.HTTPError:
            return None

    def _wait_until_told(self) -> None:
        """Until everything is published and the consumer tells nothing more."""
        self.api.published_to_head()
        told, since = self._told(), time.monotonic()
        while time.monotonic() - since < QUIET_SECONDS:
            time.sleep(LOOK_SECONDS)
            if (now := self._told()) != told or now is None:
                told, since = now, time.monotonic()

    def _scrape(self) -> Scrape:
        return Scrape(self.platform.url(CONSUMER))


def make_people(platform: Platform, api: Api) -> list[Person]:
    """The payers, then the payees."""
    names = [f"bench-told-{number:03}" for number in range(CLIENTS + PAYEES)]
    return joined(platform, api, names)
