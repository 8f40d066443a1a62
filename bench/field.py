"""Where the benchmarks meet: the people, the two services, and a round of one of them with its money checked."""

import argparse
import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pymongo import MongoClient
from rich.console import Console
from rich.progress import Progress, TimeElapsedColumn

from bench.cost import Meter, Reading
from bench.load.job import Job, Person, Steady
from bench.load.people import Doors, prepare, sign_up_all
from bench.load.process import LoadRun
from bench.platform import Api, Summary
from bench.stacks import Platform, add_stack_arguments, chosen_stack, free_port
from bench.textbook import process as textbook
from stack.supervision import Supervisor

CLIENTS = 64
PEOPLE = 1000
AMOUNT_EACH = 1
GRANT = 100_000
STOP_SECONDS = 15
UP_TO_THE_TOPIC = (
    *("auth-web", "auth-relay", "transaction-web", "transaction-ledger-1", "transaction-ledger-2"),
    *("transaction-relay-1", "transaction-relay-2", "transaction-worker"),
    *("prometheus", "zipkin", "redis-exporter", "node-exporter"),
)
"""What takes a transfer and publishes it."""
STORES = ("mongod", "redis")
OURS = ("transaction-web", "transaction-ledger-1", "transaction-ledger-2", *STORES)
SESSIONS = ("auth-web", "auth-relay")
"""Without auth's heartbeat every request would ask auth whether its session still holds."""
TEXTBOOK = "textbook"
THEIRS = (TEXTBOOK, *STORES)


@dataclass(frozen=True)
class Contender:
    """One of the two services. ``processes``: those whose CPU it needs, by the meter's names."""

    name: str
    url: str
    summary: Callable[[], Summary]
    processes: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """A round in figures. ``cost``: of all processes, from its first request to its last answer."""

    rate: float
    p50_ms: float
    p99_ms: float
    accepted: int
    cpu_ms_each: float
    cost: Reading


class MoneyWrong(RuntimeError):
    """A service was fast and wrong; no figure of such a run counts."""


def add_arguments(parser: argparse.ArgumentParser, *, rounds: int = 5) -> None:
    """How long a run takes."""
    parser.add_argument("--rounds", type=int, default=rounds, help=f"rounds of each side (default {rounds})")
    parser.add_argument("--seconds", type=float, default=7, help="measured seconds of a round (default 7)")
    parser.add_argument("--warm-up", type=float, default=2, help="seconds before them that don't count (default 2)")
    add_stack_arguments(parser, default=".stack-bench")


@dataclass
class Field:
    """Both services beside each other, with the same people, on the same servers."""

    console: Console
    options: argparse.Namespace
    platform: Platform
    api: Api
    people: Sequence[Person]
    ours: Contender
    theirs: Contender
    meter: Meter

    @property
    def payees(self) -> list[str]:
        return [person.username for person in self.people[CLIENTS:]]

    def round(self, contender: Contender, label: str, number: int, **traffic: Any) -> Outcome:
        """Load it for the run's seconds, check the money, tell the figures. ``traffic``: fields of Steady."""
        before, cost_before = contender.summary(), self.meter.read()
        steady = Steady(
            **{
                "seconds": self.options.seconds,
                "warm_up_seconds": self.options.warm_up,
                "payees": self.payees,
                "amount": AMOUNT_EACH,
                **traffic,
            }
        )
        run = LoadRun(self.job(contender.url, steady, seed=number))
        try:
            tally = run.result().tally
        finally:
            run.stop()
        cost = self.meter.read().since(cost_before)
        check_money(contender, before, contender.summary(), tally.accepted)
        if tally.unsettled or tally.faults or tally.rejected or tally.refused:
            raise MoneyWrong(f"{contender.name}: not every transfer was accepted: {tally}")
        each = cost.seconds_of(contender.processes) / tally.accepted * 1000
        self.console.print(
            f"    {label:<8} {contender.name:<9} {tally.rate:7.0f}/s   p50 {tally.p50_ms:5.0f} ms   "
            f"p99 {tally.p99_ms:5.0f} ms   {each:6.2f} ms CPU   {cost.conflicts} conflicts"
        )
        return Outcome(tally.rate, tally.p50_ms, tally.p99_ms, tally.accepted, each, cost)

    def job(self, url: str, traffic: Steady, *, seed: int) -> Job:
        return Job(
            auth_url=self.platform.auth_url,
            transaction_url=url,
            people=list(self.people[:CLIENTS]),
            clients=CLIENTS,
            traffic=traffic,
            book_path=str(self.platform.directory / "bench-book.jsonl"),
            seed=seed,
        )

    def in_turn(self, number: int) -> tuple[Contender, Contender]:
        """Who comes first alternates, so that neither has the quieter half of the run."""
        return (self.ours, self.theirs) if number % 2 == 0 else (self.theirs, self.ours)


@contextmanager
def field(options: argparse.Namespace, console: Console) -> Iterator[Field]:
    """A stack, its people, and the textbook beside it."""
    with chosen_stack(options, console, UP_TO_THE_TOPIC) as platform, platform.api() as api:
        people = make_people(console, platform, api)
        with (
            textbook.running(
                mongo_admin_url=platform.mongo_admin_url,
                environment=_textbook_environment(platform),
                port=free_port(),
                usernames=[person.username for person in people],
                grant=GRANT,
            ) as service,
            MongoClient[dict[str, Any]](platform.mongo_admin_url) as mongo,
        ):
            yield Field(
                console=console,
                options=options,
                platform=platform,
                api=api,
                people=people,
                ours=Contender("platform", platform.transaction_url, api.summary, OURS),
                theirs=Contender("textbook", service.url, service.summary, THEIRS),
                meter=Meter(platform, mongo, {TEXTBOOK: service.pid}),
            )


@contextmanager
def only_the_hot_path(platform: Platform) -> Iterator[None]:
    """The ledger's relay and its consumers stand still: the textbook has none that could take the cores."""
    supervisor = Supervisor(platform.stack.layout)
    needed = (*OURS, *SESSIONS)
    idle = [p.name for p in platform.stack.processes if p.kind == "service" and p.name not in needed]
    for name in idle:
        supervisor.stop_process(name)
    supervisor.wait_until_stopped(idle, STOP_SECONDS)
    try:
        yield
    finally:
        for name in idle:
            supervisor.start_process(name)


def check_money(contender: Contender, before: Summary, after: Summary, accepted: int) -> None:
    """What was accepted must be what was posted, and no money may have come from nowhere."""
    posted = after.posted - before.posted
    if any(after.totals.values()):
        raise MoneyWrong(f"{contender.name}: the accounts' sums are {after.totals} instead of 0")
    if posted != accepted:
        raise MoneyWrong(f"{contender.name}: {accepted} were accepted, {posted} are posted")


def make_people(console: Console, platform: Platform, api: Api) -> list[Person]:
    """The payers, logged in, then the payees, who need an account only."""
    began, head = time.monotonic(), api.summary().head
    names = [f"bench-payer-{n:03}" for n in range(CLIENTS)]
    names += [f"bench-payee-{n:03}" for n in range(PEOPLE - CLIENTS)]
    people = [Person(username=name, password=platform.demo_password) for name in names]
    with Progress(*Progress.get_default_columns(), TimeElapsedColumn(), console=console) as progress:
        task = progress.add_task(f"{len(people)} people sign up", total=len(people))
        doors = Doors(platform.auth_url, platform.transaction_url, "demo", api.service_token())
        payers = asyncio.run(prepare(people[:CLIENTS], doors, each_done=lambda: progress.advance(task)))
        new = asyncio.run(sign_up_all(people[CLIENTS:], doors, each_done=lambda: progress.advance(task)))
        _wait_for_accounts(api, head, new)
    console.print(f"{len(people)} people have accounts after {time.monotonic() - began:.0f} s")
    return [*payers, *people[CLIENTS:]]


def _wait_for_accounts(api: Api, head: int, new: int) -> None:
    """Until as many accounts as new payees have opened, and have their grants."""
    deadline = time.monotonic() + 60
    while sum(record.transfer_type == "grant" for record in api.journal(head)) < new:
        if time.monotonic() > deadline:
            raise RuntimeError(f"the accounts of {new} new people were not opened within a minute")
        time.sleep(0.5)


def _textbook_environment(platform: Platform) -> dict[str, str]:
    return {
        "TEXTBOOK_MONGO_URL": platform.mongo_admin_url,
        "TEXTBOOK_REDIS_URL": platform.redis_url,
        "TEXTBOOK_JWKS_URL": f"{platform.auth_url}/.well-known/jwks.json",
        "OTEL_EXPORTER_ZIPKIN_ENDPOINT": f"{platform.zipkin_url}/api/v2/spans",
    }
