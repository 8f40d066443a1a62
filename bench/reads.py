"""How long reading a balance takes while the ledger writes at half of what it can, against an idle one."""

import argparse
import asyncio
import time
from collections.abc import Sequence

from rich.console import Console

from bench import field as fields
from bench.claims import Round, claim_from, print_claims, write_claims
from bench.field import Field, field, only_the_hot_path
from bench.load.book import quantile
from bench.load.connection import Connection
from bench.load.job import Steady
from bench.load.people import bearer
from bench.load.process import LoadRun
from stack.layout import ROOT

RESULT = ROOT / ".stack" / "bench" / "reads.json"
READERS = 10
PER_SECOND = 100
"""Reads a second of all readers together: enough for a p99 of a round, too few to be a load of their own."""
TIMEOUT_S = 10.0
GOAL = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The length of the run; the defaults take about two minutes and a half."""
    fields.add_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Measure, print, write the claim; 0 when it holds."""
    console = Console()
    rounds = []
    with field(options, console) as both, only_the_hot_path(both.platform):
        saturated = both.round(both.ours, "at most", 0).rate
        for number in range(options.rounds):
            tokens = [both.api.log_in(one.username, one.password) for one in both.people[:READERS]]
            # Who comes first alternates here too.
            if number % 2 == 0:
                idle, loaded = _reads(both, tokens), _reads_under_load(both, tokens, saturated / 2, number)
            else:
                loaded, idle = _reads_under_load(both, tokens, saturated / 2, number), _reads(both, tokens)
            rounds.append(Round(loaded, idle))
            console.print(
                f"    p99 of a read: idle {idle:5.1f} ms, at {saturated / 2:.0f} transfers/s {loaded:5.1f} ms"
            )
    name = f"p99 of GET /v1/accounts at half of the saturated write rate ({saturated / 2:.0f}/s)"
    claims = [claim_from(rounds, claim=name, goal=GOAL, against="the same ledger, idle", at_most=True)]
    write_claims(RESULT, claims)
    print_claims(console, claims)
    return 0 if all(claim.holds for claim in claims) else 1


def _reads_under_load(both: Field, tokens: Sequence[str], per_second: float, number: int) -> float:
    options = both.options
    seconds = options.warm_up + options.seconds + 1
    traffic = Steady(seconds=seconds, warm_up_seconds=0, payees=both.payees, per_second=per_second)
    writing = LoadRun(both.job(both.ours.url, traffic, seed=number))
    try:
        time.sleep(options.warm_up)  # so that what is measured is the middle of the load
        p99 = _reads(both, tokens)
        tally = writing.result().tally
    finally:
        writing.stop()
    if tally.rate < 0.9 * per_second:
        both.console.print(f"    [yellow]only {tally.rate:.0f} of {per_second:.0f} transfers/s were written[/]")
    return p99


def _reads(both: Field, tokens: Sequence[str]) -> float:
    """The p99 in milliseconds."""
    took = asyncio.run(_readers(both.platform.transaction_url, tokens, both.options.seconds))
    return quantile(sorted(took), 0.99) * 1000


async def _readers(url: str, tokens: Sequence[str], seconds: float) -> list[float]:
    each = await asyncio.gather(*[_reader(url, token, number, seconds) for number, token in enumerate(tokens)])
    return [took for one in each for took in one]


async def _reader(url: str, token: str, number: int, seconds: float) -> list[float]:
    """Asks in an even step, so that a slow answer doesn't make the questions fewer."""
    connection = Connection(url, timeout_s=TIMEOUT_S)
    step = READERS / PER_SECOND
    due, took = time.monotonic() + number * step / READERS, []
    ends_at = due + seconds
    while due < ends_at:
        await asyncio.sleep(due - time.monotonic())
        answer = await connection.request(b"GET", b"/v1/accounts", bearer(token))
        if answer.status != 200:
            raise RuntimeError(f"a balance was answered {answer.status} {answer.code()}")
        took.append(time.monotonic() - due)
        due += step
    connection.close()
    return took
