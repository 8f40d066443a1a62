"""Transfers a second, up to the topic, against a textbook Flask service in one run on the same servers."""

import argparse
import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.progress import Progress, TimeElapsedColumn

from bench.claims import Claim, Round, claim_from, print_claims, write_claims
from bench.load.job import Job, Person, Steady
from bench.load.people import Doors, prepare, sign_up_all
from bench.load.process import LoadRun, Result
from bench.platform import Api, Summary
from bench.stacks import Platform, add_stack_arguments, chosen_stack, free_port
from bench.textbook import process as textbook
from stack.layout import ROOT

CLIENTS = 64
PAYEES = 256
AMOUNT_EACH = 1
GRANT = 100_000
RESULT = ROOT / ".stack" / "bench" / "ledger.json"
UP_TO_THE_TOPIC = (
    *("auth-web", "auth-relay", "transaction-web", "transaction-ledger-1", "transaction-ledger-2"),
    *(
        "transaction-relay-1",
        "transaction-relay-2",
        "transaction-worker",
        "prometheus",
        "zipkin",
        "redis-exporter",
        "node-exporter",
    ),
)
"""What takes a transfer and publishes it. Who consumes the topic would take the cores from both that are compared."""


@dataclass(frozen=True)
class Mix:
    """Who is paid: ``hot_share`` of the transfers go to one account, the rest to all uniformly."""

    name: str
    hot_share: float
    goal: float


MIXES = (Mix("uniform", 0.0, 4.0), Mix("90 % of transfers on one account", 0.9, 12.0))


@dataclass(frozen=True)
class Contender:
    """One of the two services. ``settled``: its figures once it has nothing left to do for the last round."""

    name: str
    url: str
    settled: Callable[[], Summary]


class MoneyWrong(RuntimeError):
    """A service was fast and wrong; no figure of such a run counts."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The length of the run; the defaults take about two and a half minutes."""
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each service and mix (default 3)")
    parser.add_argument("--seconds", type=float, default=7, help="measured seconds of a round (default 7)")
    parser.add_argument("--warm-up", type=float, default=2, help="seconds before them that don't count (default 2)")
    add_stack_arguments(parser, default=".stack-bench")


def run(options: argparse.Namespace) -> int:
    """Measure, print, write the claims; 0 when all hold."""
    console = Console()
    with chosen_stack(options, console, UP_TO_THE_TOPIC) as platform, platform.api() as api:
        people = _people(console, platform, api)
        with textbook.running(
            mongo_admin_url=platform.mongo_admin_url,
            environment=_textbook_environment(platform),
            port=free_port(),
            usernames=[person.username for person in people],
            grant=GRANT,
        ) as service:
            ours = Contender("platform", platform.transaction_url, api.published_to_head)
            theirs = Contender("textbook", service.url, service.summary)
            bench = _Bench(console, options, platform, people)
            claims = [bench.measure(mix, ours, theirs) for mix in MIXES]
    write_claims(RESULT, claims)
    print_claims(console, claims)
    console.print(f"written to {RESULT.relative_to(ROOT)}")
    return 0 if all(claim.holds for claim in claims) else 1


class _Bench:
    """Rounds of both services, always with the same people and the same generator."""

    def __init__(
        self, console: Console, options: argparse.Namespace, platform: Platform, people: Sequence[Person]
    ) -> None:
        self._console = console
        self._options = options
        self._platform = platform
        self._people = people

    def measure(self, mix: Mix, ours: Contender, theirs: Contender) -> Claim:
        """Alternate the two, and who comes first, so that neither has the quieter half of the run."""
        rounds = []
        for number in range(self._options.rounds):
            order = (ours, theirs) if number % 2 == 0 else (theirs, ours)
            rates = {contender.name: self._round(mix, contender, number) for contender in order}
            rounds.append(Round(rates[ours.name], rates[theirs.name]))
            self._console.print(f"  {mix.name}, round {number + 1}: {rounds[-1].ratio:.1f}x")
        name = f"transfers per second with {CLIENTS} clients, {mix.name}"
        return claim_from(rounds, claim=name, goal=mix.goal, against=textbook.DESCRIPTION)

    def _round(self, mix: Mix, contender: Contender, number: int) -> float:
        before = contender.settled()
        result = self._load(mix, contender, number)
        _check_money(contender, before, contender.settled(), result)
        tally = result.tally
        self._console.print(
            f"    {contender.name:<9} {tally.rate:7.0f}/s   p50 {tally.p50_ms:5.0f} ms   p99 {tally.p99_ms:5.0f} ms"
        )
        return tally.rate

    def _load(self, mix: Mix, contender: Contender, number: int) -> Result:
        job = Job(
            auth_url=self._platform.auth_url,
            transaction_url=contender.url,
            people=list(self._people[:CLIENTS]),
            clients=CLIENTS,
            traffic=Steady(
                seconds=self._options.seconds,
                warm_up_seconds=self._options.warm_up,
                payees=[person.username for person in self._people[CLIENTS:]],
                hot_share=mix.hot_share,
                amount=AMOUNT_EACH,
            ),
            book_path=str(self._platform.directory / "bench-book.jsonl"),
            seed=number,
        )
        run = LoadRun(job)
        try:
            return run.result()
        finally:
            run.stop()


def _check_money(contender: Contender, before: Summary, after: Summary, result: Result) -> None:
    """What was accepted must be what was posted, and no money may have come from nowhere."""
    posted, tally = after.posted - before.posted, result.tally
    if any(after.totals.values()):
        raise MoneyWrong(f"{contender.name}: the accounts' sums are {after.totals} instead of 0")
    if tally.unsettled or tally.faults or tally.rejected or tally.refused:
        raise MoneyWrong(f"{contender.name}: not every transfer was accepted: {tally}")
    if posted != tally.accepted:
        raise MoneyWrong(f"{contender.name}: {tally.accepted} were accepted, {posted} are posted")


def _people(console: Console, platform: Platform, api: Api) -> list[Person]:
    """The payers, logged in, then the payees, who need an account only."""
    began, head = time.monotonic(), api.summary().head
    names = [f"bench-payer-{n:03}" for n in range(CLIENTS)] + [f"bench-payee-{n:03}" for n in range(PAYEES)]
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
