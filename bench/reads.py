"""How long reading a balance takes while the ledger writes at half of what it can, against an idle one."""

import argparse
import time
from collections.abc import Sequence

from rich.console import Console

from bench import field as fields
from bench.claims import Claim, Round, claim_from
from bench.field import Field, field, only_the_hot_path
from bench.load.job import Steady
from bench.load.process import LoadRun
from bench.steps import p99_ms

READERS = 10
PER_SECOND = 100
"""Reads a second of all readers together: enough for a p99 of a round, too few to be a load of their own."""
GOAL = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The length of the run; the defaults take about two minutes and a half."""
    fields.add_arguments(parser)


def run(options: argparse.Namespace) -> list[Claim]:
    """Measure and judge."""
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
    name = "p99 of GET /v1/accounts at half of the saturated write rate"
    return [claim_from(rounds, claim=name, unit="ms", goal=GOAL, against="the same ledger, idle", at_most=True)]


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
    url, seconds = both.platform.transaction_url, both.options.seconds
    return p99_ms(url, "/v1/accounts", tokens, per_second=PER_SECOND, seconds=seconds)
