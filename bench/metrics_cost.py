"""What metrics and traces take of the CPU of a transfer, against the same web process without them, side by side."""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from pymongo import MongoClient
from rich.console import Console

from bench import field as fields
from bench.alone import stopped
from bench.claims import Claim, Round, claim_from
from bench.cost import Meter
from bench.field import OURS, SESSIONS, UP_TO_THE_TOPIC, Contender, check_money, make_people
from bench.load.job import Job, Person, Steady
from bench.load.process import LoadRun
from bench.stacks import Platform, chosen_stack, free_port
from stack.layout import ROOT

WEB, MODULE = "transaction-web", "transaction_service.app"
CLIENTS = 20
"""Of each side. All sides are under load at once, so that whatever else the machine does meets all of them."""
START_SECONDS = 60
GOAL = 1.10


@dataclass(frozen=True)
class Side:
    """What the web process is started by, and where its traces go."""

    name: str
    runs: tuple[str, ...]
    exporter: str


BARE = Side("bare", ("-m", "bench.without_metrics"), "none")
METRICS = Side("with metrics", ("-m",), "none")
TRACES = Side("with metrics and traces", ("-m",), "zipkin_json")
"""As `make up` starts it."""
SIDES = (BARE, METRICS, TRACES)
Costs = dict[Side, float]
"""Milliseconds of CPU that a transfer takes of the web process."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The length of the run; the defaults take about two minutes."""
    fields.add_arguments(parser)


def run(options: argparse.Namespace) -> list[Claim]:
    """Measure and judge."""
    console = Console()
    with (
        chosen_stack(options, console, UP_TO_THE_TOPIC) as platform,
        platform.api() as api,
        MongoClient[dict[str, Any]](platform.mongo_admin_url) as mongo,
        ExitStack() as running,
    ):
        people = make_people(console, platform, api)
        others = [each.name for each in platform.stack.processes if each.kind == "service"]
        running.enter_context(stopped(platform, [name for name in others if name not in (*OURS, *SESSIONS)]))
        webs = {side: running.enter_context(_web(platform, side)) for side in SIDES}
        meter = Meter(platform, mongo, {side.name: web.pid for side, web in webs.items()})
        all_sides = Contender("all sides", platform.transaction_url, api.summary, ())
        rounds = []
        for number in range(options.rounds):
            before = all_sides.summary()
            costs, accepted = _round(platform, people, webs, meter, options, number)
            check_money(all_sides, before, all_sides.summary(), accepted)
            told = "   ".join(f"{side.name} {cost:.3f} ms" for side, cost in costs.items())
            console.print(f"  round {number + 1}: {accepted} transfers; CPU of the web process each: {told}")
            rounds.append(costs)
    return _claims(rounds)


@dataclass(frozen=True)
class _Web:
    url: str
    pid: int


@contextmanager
def _web(platform: Platform, side: Side) -> Iterator[_Web]:
    """One more web process beside the stack's own, with its variables and a port of its own; ready within the block."""
    port = free_port()
    here = {"HTTP_PORT": str(port), "OTEL_TRACES_EXPORTER": side.exporter}
    environment = {**os.environ, **platform.stack.env(WEB), **here}
    with (platform.directory / "bench-metrics.log").open("ab") as log:
        command = [sys.executable, *side.runs, MODULE]
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        web = _Web(f"http://127.0.0.1:{port}", process.pid)
        _wait_until_ready(web.url)
        yield web
    finally:
        process.terminate()
        process.wait()


def _wait_until_ready(url: str) -> None:
    deadline, said = time.monotonic() + START_SECONDS, "nothing"
    while time.monotonic() < deadline:
        try:
            answer = httpx.get(f"{url}/readyz", timeout=2)
        except httpx.TransportError as error:
            said = str(error)
        else:
            if answer.status_code == 200:
                return
            said = answer.text
        time.sleep(0.2)
    raise RuntimeError(f"a web process is not ready after {START_SECONDS} s: {said}")


def _round(
    platform: Platform,
    people: list[Person],
    webs: Mapping[Side, _Web],
    meter: Meter,
    options: argparse.Namespace,
    number: int,
) -> tuple[Costs, int]:
    """All sides under load at once; what each took, and how many transfers were accepted."""
    payees = [person.username for person in people[CLIENTS * len(SIDES) :]]
    traffic = Steady(seconds=options.seconds, warm_up_seconds=options.warm_up, payees=payees)
    before = meter.read()
    runs = {
        side: LoadRun(
            Job(
                auth_url=platform.auth_url,
                transaction_url=web.url,
                people=people[CLIENTS * place : CLIENTS * (place + 1)],
                clients=CLIENTS,
                traffic=traffic,
                book_path=str(platform.directory / f"bench-book-{place}.jsonl"),
                seed=number,
            )
        )
        for place, (side, web) in enumerate(webs.items())
    }
    try:
        accepted = {side: run.result().tally.accepted for side, run in runs.items()}
    finally:
        for run in runs.values():
            run.stop()
    cost = meter.read().since(before)
    return {side: cost.cpu[side.name] / accepted[side] * 1000 for side in SIDES}, sum(accepted.values())


def _claims(rounds: list[Costs]) -> list[Claim]:
    def judge(side: Side, against: Side) -> Claim:
        pairs = [Round(costs[side], costs[against]) for costs in rounds]
        claim = f"CPU of the web process a transfer, {side.name}"
        return claim_from(pairs, claim=claim, unit="ms", goal=GOAL, against=f"the same {against.name}", at_most=True)

    return [judge(METRICS, BARE), judge(TRACES, METRICS)]
