"""How many events a second one ingester brings into the lake, against what the ledger can write."""

import argparse
import time
from dataclasses import dataclass, field

import httpx
from rich.console import Console

from bench.alone import started, stopped
from bench.claims import Claim, Round, claim_from
from bench.field import CLIENTS, OURS, SESSIONS
from bench.load.job import Job, Steady
from bench.load.process import LoadRun
from bench.notified import make_people
from bench.platform import Api
from bench.scrape import Scrape
from bench.stacks import Platform, add_stack_arguments, chosen_stack

INGESTER, RELAY = "analytics-ingester", "transaction-relay-1"
KEEPS_UP = 5.0
LOOK_SECONDS, GIVE_UP_SECONDS = 0.05, 240.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The length of the run; the defaults take about five minutes."""
    parser.add_argument("--rounds", type=int, default=3, help="rounds (default 3)")
    parser.add_argument("--seconds", type=float, default=25, help="measured seconds of a round's load (default 25)")
    parser.add_argument("--warm-up", type=float, default=2, help="seconds before them (default 2)")
    add_stack_arguments(parser, default=".stack-bench")


def run(options: argparse.Namespace) -> list[Claim]:
    """Measure and judge."""
    console = Console()
    with chosen_stack(options, console) as platform, platform.api() as api:
        bench = _Bench(platform, api, options, console)
        for number in range(options.rounds):
            bench.round(number)
    return [bench.claim()]


@dataclass
class _Bench:
    platform: Platform
    api: Api
    options: argparse.Namespace
    console: Console
    rounds: list[Round] = field(default_factory=list)

    def round(self, number: int) -> None:
        """The ledger by itself, then what it has written to the topic, then the ingester by itself."""
        people = make_people(self.platform, self.api)
        services = [process.name for process in self.platform.stack.processes if process.kind == "service"]
        with stopped(self.platform, [name for name in services if name not in (*OURS, *SESSIONS)]) as supervisor:
            traffic = Steady(
                payees=[person.username for person in people[CLIENTS:]],
                seconds=self.options.seconds,
                warm_up_seconds=self.options.warm_up,
            )
            load = LoadRun(
                Job(
                    auth_url=self.platform.auth_url,
                    transaction_url=self.platform.transaction_url,
                    people=list(people[:CLIENTS]),
                    clients=CLIENTS,
                    traffic=traffic,
                    book_path=str(self.platform.directory / "bench-book.jsonl"),
                    seed=number,
                )
            )
            try:
                for _ in load.progress():
                    pass
                tally = load.result().tally
            finally:
                load.stop()
            with started(supervisor, [RELAY]):
                self.api.published_to_head()
            with started(supervisor, [INGESTER]):
                ingested = self._ingested_a_second(tally.accepted)
        self.rounds.append(Round(ingested, tally.rate))
        self.console.print(f"  the ledger writes {tally.rate:.0f} events/s, the ingester takes {ingested:.0f}/s")

    def claim(self) -> Claim:
        """What the rounds prove."""
        return claim_from(
            self.rounds,
            claim="events/s that one ingester brings into the lake, with rollups, durable",
            unit="events/s",
            goal=KEEPS_UP,
            against="the saturated rate of the ledger by itself",
        )

    def _ingested_a_second(self, due: int) -> float:
        """From the first batch that an ingester commits after its start until `due` events are in the lake.

        Raises RuntimeError when that takes too long.
        """
        deadline, first = time.monotonic() + GIVE_UP_SECONDS, None
        while time.monotonic() < deadline:
            rows = self._rows()
            now = time.monotonic()
            if rows and first is None:
                first = now, rows
            if first and rows and rows >= due:
                return (rows - first[1]) / max(LOOK_SECONDS, now - first[0])
            time.sleep(LOOK_SECONDS)
        raise RuntimeError(f"the ingester has not taken it all within {GIVE_UP_SECONDS:.0f} s")

    def _rows(self) -> float | None:
        """Rows committed since its start; None while it starts."""
        try:
            return Scrape(self.platform.url(INGESTER)).total("lake_rows_ingested_total")
        except httpx.HTTPError:
            return None
