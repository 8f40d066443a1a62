"""A dormant account that wakes up: for weeks it has paid nothing, and then much within hours.

One of the FATF's indicators of accounts that were sold or taken over ("Operational Issues: Financial Investigations
Guidance", 2012).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from analytics_service.reports.risk.finding import Edge, Finding, by, score_of
from analytics_service.reports.risk.pattern import Pattern
from analytics_service.reports.thresholds import (
    DAY_MS,
    Threshold,
    Values,
    large_enough,
    min_amount,
    transfers,
    window_hours,
)


def _find(edges: Sequence[Edge], values: Values) -> Iterator[Finding]:
    """What came before an account's first payment is not known, so that one never wakes it up."""
    for account, paid in by("payer", edges).items():
        for number, (before, first) in enumerate(pairwise(paid), 1):
            if first.at - before.at < values["silent_days"] * DAY_MS:
                continue
            proof = tuple(_woken(paid[number:], first.at + window_hours(values), values["min_amount"]))
            if len(proof) >= values["transfers"]:
                yield Finding("dormant", account, score_of(len(proof), values["transfers"]), proof)


def _woken(paid: Sequence[Edge], until: int, least: int) -> Iterator[Edge]:
    for edge in paid:
        if edge.at >= until:
            return
        if edge.amount >= least:
            yield edge


DORMANT = Pattern(
    name="dormant",
    title="Dormant, then active",
    description="An account has paid nothing for weeks and then much within hours: it was sold, or taken over.",
    thresholds=(
        Threshold("silent_days", 30, 1, 366, "no payment for at least so many days"),
        Threshold("window_hours", 24, 1, 24 * 31, "then, within so many hours of the first payment"),
        Threshold("transfers", 5, 2, 10_000, "at least so many payments"),
        min_amount(10_000),
    ),
    side="payer_account",
    window_ms=window_hours,
    least=transfers,
    counts=large_enough,
    background="all",
    find=_find,
)
