"""Five hundred live streams in one process: flat memory, and nothing taken from those who use the API."""

import argparse
import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field

import httpx
from rich.console import Console

from bench.claims import Claim, Round, claim_from
from bench.joined import joined
from bench.load.job import Job, Person, Steady
from bench.load.process import LoadRun
from bench.platform import Api
from bench.stacks import Platform, add_stack_arguments, chosen_stack
from bench.steps import p99_ms
from bench.streams import Streams, open_streams

PROCESSES = (
    *("mongod", "redis", "kafka", "auth-web", "auth-relay", "transaction-web", "transaction-ledger-1"),
    *("transaction-relay-1", "transaction-worker", "notification-web", "notification-live"),
    *("notification-consumer", "notification-people"),
)
STREAMS, EACH = 500, 5
PAYERS = 8
READERS, READS_PER_SECOND = 10, 50
"""Who asks for their inbox meanwhile: enough for a p99 of a round, too few to be a load of their own."""
MEMORY = "process_resident_memory_bytes "
SETTLE_SECONDS = 3
COME_SECONDS = 30
FLAT, UNAFFECTED = 1.1, 1.5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The length of the run; the defaults take about four minutes."""
    parser.add_argument("--rounds", type=int, default=3, help="rounds with and without streams (default 3)")
    parser.add_argument("--seconds", type=float, default=20, help="of a round (default 20)")
    parser.add_argument("--streams", type=int, default=STREAMS, help=f"open at once (default {STREAMS})")
    parser.add_argument("--per-second", type=float, default=30, help="transfers meanwhile (default 30)")
    add_stack_arguments(parser, default=".stack-bench")


def run(options: argparse.Namespace) -> list[Claim]:
    """Measure and judge."""
    console = Console()
    with chosen_stack(options, console, PROCESSES) as platform, platform.api() as api:
        bench = _Bench(platform, api, options, console, _make_people(platform, api, options.streams))
        for number in range(options.rounds):
            # Who comes first alternates.
            for streaming in (False, True) if number % 2 == 0 else (True, False):
                bench.round(number, streaming=streaming)
    return bench.claims()


@dataclass
class _Bench:
    platform: Platform
    api: Api
    options: argparse.Namespace
    console: Console
    people: Sequence[Person]
    p99s: dict[bool, list[float]] = field(default_factory=lambda: {False: [], True: []})
    memory: list[Round] = field(default_factory=list)
    missing: list[Round] = field(default_factory=list)

    @property
    def listeners(self) -> Sequence[Person]:
        return self.people[PAYERS:]

    def round(self, number: int, *, streaming: bool) -> None:
        """Transfers to those who listen, or would; the inbox is asked for meanwhile."""
        tokens = [self.api.log_in(one.username, one.password) for one in self.listeners]
        url = self.platform.url("notification-live")
        opened = open_streams(url, [token for token in tokens for _ in range(EACH)]) if streaming else nullcontext()
        with opened as streams:
            time.sleep(SETTLE_SECONDS)
            head = self.api.summary().head
            before = streams.heard() if streams else []
            with _watched(url) as samples:
                p99 = self._ask_under_load(tokens, number)
            self.p99s[streaming].append(p99)
            if streams:
                self._check(streams, before, tokens, head)
                third = max(1, len(samples) // 3)
                first, last = statistics.median(samples[:third]) / 1e6, statistics.median(samples[-third:]) / 1e6
                self.memory.append(Round(last, first))
        megabytes = statistics.median(samples) / 1e6
        count = len(tokens) * EACH if streaming else 0
        self.console.print(f"  {count:4} streams   p99 of the inbox {p99:6.1f} ms   live process {megabytes:5.1f} MB")

    def _ask_under_load(self, tokens: Sequence[str], number: int) -> float:
        seconds, payees = self.options.seconds, [one.username for one in self.listeners]
        traffic = Steady(seconds=seconds + 2, payees=payees, per_second=self.options.per_second)
        job = Job(
            auth_url=self.platform.auth_url,
            transaction_url=self.platform.transaction_url,
            people=list(self.people[:PAYERS]),
            clients=PAYERS,
            traffic=traffic,
            book_path=str(self.platform.directory / "bench-book.jsonl"),
            seed=number,
        )
        load = LoadRun(job)
        try:
            web = self.platform.url("notification-web")
            p99 = p99_ms(web, "/v1/notifications", tokens[:READERS], per_second=READS_PER_SECOND, seconds=seconds)
            load.result()
        finally:
            load.stop()
        return p99

    def _check(self, streams: Streams, before: Sequence[int], tokens: Sequence[str], head: int) -> None:
        """Each stream must have brought what its person was told since, each once."""
        upto = self.api.published_to_head().head
        told = [sum(1 for _ in self.api.notices(token, head, upto)) for token in tokens]
        due = [count for count in told for _ in range(EACH)]
        deadline = time.monotonic() + COME_SECONDS
        while (off := _off(streams.heard(), before, due)) and time.monotonic() < deadline:
            time.sleep(0.5)
        self.missing.append(Round(off, max(1, sum(due))))

    def claims(self) -> list[Claim]:
        """What the rounds prove."""
        count = self.options.streams
        against = "the same without a stream, notifications arriving in both"
        return [
            claim_from(
                self.memory,
                claim=f"memory with {count} streams, a round's last third against its first",
                unit="MB",
                goal=FLAT,
                against="the first third of the round",
                at_most=True,
            ),
            claim_from(
                [Round(*pair) for pair in zip(self.p99s[True], self.p99s[False], strict=True)],
                claim=f"p99 of GET /v1/notifications with {count} streams open",
                unit="ms",
                goal=UNAFFECTED,
                against=against,
                at_most=True,
            ),
            claim_from(
                self.missing,
                claim="missing or doubled on the streams, against all",
                unit="of them",
                goal=0,
                against="the inboxes",
                at_most=True,
            ),
        ]


@contextmanager
def _watched(url: str) -> Iterator[list[float]]:
    """The process' resident bytes, every second."""
    samples: list[float] = []
    over = threading.Event()

    def watch() -> None:
        while not over.wait(1):
            lines = httpx.get(f"{url}/metrics", timeout=10).text.splitlines()
            samples.extend(
                float(line.split()[1]) for line in lines if line.startswith("process_resident_memory_bytes ")
            )

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield samples
    finally:
        over.set()
        watcher.join()


def _off(heard: Sequence[int], before: Sequence[int], due: Sequence[int]) -> int:
    """How many are missing or too many."""
    return sum(abs(now - early - count) for now, early, count in zip(heard, before, due, strict=True))


def _make_people(platform: Platform, api: Api, streams: int) -> list[Person]:
    """The payers, then those who listen with EACH streams each."""
    names = [f"bench-live-{number:03}" for number in range(PAYERS + streams // EACH)]
    return joined(platform, api, names)
