"""Transfers a second, latency and CPU against a textbook Flask service, in one run on the same servers."""

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.console import Console

from bench import field as fields
from bench.claims import Claim, Round, claim_from
from bench.field import CLIENTS, Field, Outcome, field, only_the_hot_path
from bench.textbook import process as textbook


@dataclass(frozen=True)
class Mix:
    """Who is paid: ``hot_share`` of the transfers go to one account, the rest to all uniformly."""

    name: str
    label: str
    hot_share: float


UNIFORM = Mix("uniform over 1,000 accounts", "uniform", 0.0)
HOT = Mix("90 % of them on one account", "hot", 0.9)
Rounds = dict[tuple[str, str], list[Outcome]]
"""By the mix's label and the contender's name."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The length of the run; the defaults take about five minutes."""
    fields.add_arguments(parser)


def run(options: argparse.Namespace) -> list[Claim]:
    """Measure and judge."""
    console = Console()
    with field(options, console) as both:
        with only_the_hot_path(both.platform):
            found = _measure(both)
        published = _end_to_end(both)
    console.print(f"end to end, with the relay at work: {published:.0f} transfers/s from the request to the topic")
    return _claims(found)


def _measure(both: Field) -> Rounds:
    found: Rounds = {}
    for number in range(both.options.rounds):
        both.console.print(f"  round {number + 1}")
        for mix in (UNIFORM, HOT):
            for contender in both.in_turn(number):
                outcome = both.round(contender, mix.label, number, hot_share=mix.hot_share)
                found.setdefault((mix.label, contender.name), []).append(outcome)
    return found


def _end_to_end(both: Field) -> float:
    """Transfers a second from the first request until the last one stands in the topic, everything at work."""
    both.api.published_to_head()
    began = time.monotonic()
    accepted = both.round(both.ours, "to topic", 0).accepted
    both.api.published_to_head()
    return accepted / (time.monotonic() - began)


def _claims(found: Rounds) -> list[Claim]:
    ours, theirs = found["uniform", "platform"], found["uniform", "textbook"]
    hot, theirs_hot = found["hot", "platform"], found["hot", "textbook"]
    us = "transfers/s"

    def judge(
        claim: str,
        a: Sequence[Outcome],
        b: Sequence[Outcome],
        of: Callable[[Outcome], float],
        unit: str,
        goal: float,
        **more: bool,
    ) -> Claim:
        rounds = [Round(of(one), of(other)) for one, other in zip(a, b, strict=True)]
        return claim_from(rounds, claim=claim, unit=unit, goal=goal, against=textbook.DESCRIPTION, **more)

    def rate(one: Outcome) -> float:
        return one.rate

    def p99(one: Outcome) -> float:
        return one.p99_ms

    def cpu(one: Outcome) -> float:
        return one.cpu_ms_each

    conflicts = [Round(one.cost.conflicts, one.accepted) for one in (*ours, *hot)]
    return [
        judge(f"{us}, {CLIENTS} clients, {UNIFORM.name}", ours, theirs, rate, us, 5),
        judge(f"{us}, {CLIENTS} clients, {HOT.name}", hot, theirs_hot, rate, us, 15),
        judge(f"{us} of ours, hot against uniform", hot, ours, rate, us, 0.9),
        judge("p99 uniform, against the textbook's uniform", ours, theirs, p99, "ms", 0.25, at_most=True),
        judge("p99 hot, against the textbook's uniform", hot, theirs, p99, "ms", 0.25, at_most=True),
        judge("CPU of services and stores a transfer, uniform", ours, theirs, cpu, "ms", 1 / 5, at_most=True),
        judge("CPU of services and stores a transfer, hot", hot, theirs_hot, cpu, "ms", 1 / 15, at_most=True),
        claim_from(
            conflicts,
            claim="write conflicts and aborted transactions, against transfers",
            unit="of them",
            goal=0,
            against="none",
            at_most=True,
        ),
    ]
