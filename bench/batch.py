"""Transfers a second through POST /v1/transfers/batch, against a textbook Flask service's one by one."""

import argparse
import asyncio
import random
import secrets
import time
from collections.abc import Sequence

import orjson
from rich.console import Console

from bench import field as fields
from bench.claims import Claim, Round, claim_from
from bench.field import CLIENTS, Field, check_money, field, only_the_hot_path
from bench.load.connection import Connection
from bench.load.people import JSON, bearer
from bench.textbook import process as textbook

TIMEOUT_S = 30.0
GOAL = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The length of the run, and how the transfers are bundled; the defaults take about two minutes and a half."""
    fields.add_arguments(parser)
    parser.add_argument("--items", type=int, default=2_000, help="transfers of one request (default 2,000)")
    parser.add_argument("--at-once", type=int, default=4, help="requests at once, each of another payer (default 4)")


def run(options: argparse.Namespace) -> list[Claim]:
    """Measure and judge."""
    console = Console()
    rounds = []
    with field(options, console) as both, only_the_hot_path(both.platform):
        for number in range(options.rounds):
            rates = {}
            for contender in both.in_turn(number):
                ours = contender is both.ours
                rates[contender.name] = _batches(both) if ours else both.round(contender, "single", number).rate
            rounds.append(Round(rates[both.ours.name], rates[both.theirs.name]))
    name = (
        f"transfers/s in batches of {options.items:,}, {options.at_once} at once, against {CLIENTS} clients one by one"
    )
    return [claim_from(rounds, claim=name, unit="transfers/s", goal=GOAL, against=textbook.DESCRIPTION)]


def _batches(both: Field) -> float:
    """Payers who send batch after batch; the rate from the first request of all to the last answer."""
    options, before = both.options, both.ours.summary()
    payers = both.people[: options.at_once]
    tokens = [both.api.log_in(payer.username, payer.password) for payer in payers]
    cost_before, began = both.meter.read(), time.monotonic()
    accepted = sum(asyncio.run(_side_by_side(both, tokens, began + options.seconds)))
    rate = accepted / (time.monotonic() - began)
    each = both.meter.read().since(cost_before).seconds_of(both.ours.processes) / accepted * 1000
    check_money(both.ours, before, both.ours.summary(), accepted)
    both.console.print(f"    batches  {both.ours.name:<9} {rate:7.0f}/s   {each:6.2f} ms CPU")
    return rate


async def _side_by_side(both: Field, tokens: Sequence[str], ends_at: float) -> list[int]:
    return await asyncio.gather(*[_one_payer(both, token, ends_at) for token in tokens])


async def _one_payer(both: Field, token: str, ends_at: float) -> int:
    """How many transfers of this payer were accepted."""
    connection = Connection(both.platform.transaction_url, timeout_s=TIMEOUT_S)
    headers = bearer(token) + JSON
    accepted = 0
    while time.monotonic() < ends_at:
        body = _batch(both.payees, both.options.items)
        answer = await connection.request(b"POST", b"/v1/transfers/batch", headers, body)
        results = answer.json()["results"]
        posted = sum(result["status"] == 201 for result in results)
        if posted != both.options.items:
            raise fields.MoneyWrong(f"of a batch {posted} were accepted; the first answer: {results[0]}")
        accepted += posted
    connection.close()
    return accepted


def _batch(payees: Sequence[str], items: int) -> bytes:
    run = secrets.token_hex(8)
    chosen = random.choices(payees, k=items)
    transfers = [
        {"idempotency_key": f"{run}-{n}", "payee": payee, "amount": 1, "currency": "EUR"}
        for n, payee in enumerate(chosen)
    ]
    return orjson.dumps({"items": transfers})
