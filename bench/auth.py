"""What signing in costs everybody else, and whether the time of a refusal tells who is known."""

import argparse
import os
import statistics
from collections.abc import Iterator
from contextlib import nullcontext

import httpx
from rich.console import Console

from bench import token_check
from bench.claims import Claim, Round, claim_from
from bench.log_ins import flood, known_people, p99_of_others, refusal_times, sign_up_one, unknown_names
from bench.platform import Api
from bench.stacks import Platform, add_stack_arguments, chosen_stack

PROCESSES = ("mongod", "redis", "auth-web")
SEEN_MS, UNSEEN_MS = 0.05, 0.3
KNOWN_LOW, KNOWN_HIGH = 0.95, 1.05
FLOOD_PER_SECOND, FLOOD_GOAL = 200, 1.5
PART = 20
"""So many refusals of one kind come before as many of the other: what the machine does meanwhile meets both."""
PERSON, INTROSPECTOR = "bench-auth-person", "transaction_service"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The length of the run; the defaults take about three minutes with a stack of its own."""
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each side (default 5)")
    parser.add_argument("--seconds", type=float, default=10.0, help="of a round with or without the flood (default 10)")
    parser.add_argument("--refusals", type=int, default=200, help="of each kind (default 200)")
    add_stack_arguments(parser, default=".stack-bench")


def run(options: argparse.Namespace) -> list[Claim]:
    """Measure and judge."""
    console = Console()
    claims = list(_checks(options.rounds))
    # A stack of its own takes the loopback for its proxy, so that log-ins may come from everywhere.
    os.environ.setdefault("TRUSTED_PROXIES", "127.0.0.1/32")
    with chosen_stack(options, console, PROCESSES) as platform, platform.api() as api:
        claims += _refusals(platform, options.refusals, api.service_token())
        sign_up_one(platform.auth_url, PERSON, platform.demo_password, api.service_token())
        claims += _under_flood(platform, api, options)
    return claims


def _checks(count: int) -> Iterator[Claim]:
    costs = list(token_check.rounds(count))
    for name, goal, of in (
        ("seen before", SEEN_MS, lambda one: one.seen),
        ("not seen before", UNSEEN_MS, lambda one: one.unseen),
    ):
        yield claim_from(
            [Round(of(one) - one.none, 1.0) for one in costs],
            claim=f"CPU of a token's check, {name}",
            unit="ms",
            goal=goal,
            against="the same request without a check (1 ms is 1.00x)",
            at_most=True,
        )


def _refusals(platform: Platform, count: int, origin_token: str) -> list[Claim]:
    """Medians of known against unknown names; the ratio may lie neither above nor below."""
    names = {"known": known_people(platform.auth_url, count, origin_token), "unknown": unknown_names(count)}
    refusal_times(platform.auth_url, unknown_names(PART))  # the first are slower
    took: dict[str, list[float]] = {kind: [] for kind in names}
    for start in range(0, count, PART):
        kinds = list(names) if start // PART % 2 == 0 else list(reversed(names))
        for kind in kinds:
            took[kind] += refusal_times(platform.auth_url, names[kind][start : start + PART])
    rounds = [Round(statistics.median(took["known"]), statistics.median(took["unknown"]))]
    name, against = "log-in refused, known against unknown names", f"unknown names (medians of {count})"
    return [
        claim_from(rounds, claim=f"{name}: no slower", unit="ms", goal=KNOWN_HIGH, against=against, at_most=True),
        claim_from(rounds, claim=f"{name}: no faster", unit="ms", goal=KNOWN_LOW, against=against),
    ]


def _under_flood(platform: Platform, api: Api, options: argparse.Namespace) -> list[Claim]:
    """The p99 of what else auth answers, with and without the flood, in alternating rounds."""
    rounds: dict[str, list[Round]] = {}
    for number in range(options.rounds):
        measured = {}
        for flooded in (False, True) if number % 2 == 0 else (True, False):
            tokens = api.log_in(PERSON, platform.demo_password), _introspector(platform)
            flooding = flood(platform.auth_url, FLOOD_PER_SECOND, 2 * options.seconds) if flooded else nullcontext()
            with flooding:
                measured[flooded] = p99_of_others(platform.auth_url, *tokens, options.seconds)
        for name, quiet in measured[False].items():
            rounds.setdefault(name, []).append(Round(measured[True][name], quiet))
    return [
        claim_from(
            of,
            claim=f"p99 under {FLOOD_PER_SECOND} log-ins a second: {name}",
            unit="ms",
            goal=FLOOD_GOAL,
            against="the same without the flood",
            at_most=True,
        )
        for name, of in rounds.items()
    ]


def _introspector(platform: Platform) -> str:
    """The token of a service that may introspect others."""
    credentials = (INTROSPECTOR, platform.stack.secret(f"client-{INTROSPECTOR}"))
    form = {"grant_type": "client_credentials"}
    answer = httpx.post(f"{platform.auth_url}/v1/token", data=form, auth=credentials).raise_for_status()
    return str(answer.json()["access_token"])
