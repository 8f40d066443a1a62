"""Velocity: far more payments within minutes than a person makes. Structuring: several just under a limit.

Structuring is what 31 USC 5324 calls so: a sum that would be looked at, or is not allowed, in parts that are not. Here
the limit is what the ledger lets people send to a payee who is new to them (1,000.00), unless another is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from analytics_service.reports.risk.finding import Edge, Finding, by, score_of
from analytics_service.reports.risk.pattern import Pattern
from analytics_service.reports.risk.windows import each_by_itself, runs
from analytics_service.reports.thresholds import (
    DAY_MS,
    MINUTE_MS,
    Threshold,
    Values,
    large_enough,
    min_amount,
    transfers,
)
from contracts.money import MAX_MINOR_UNITS


def _minutes(values: Values) -> int:
    return values["window_minutes"] * MINUTE_MS


def _days(values: Values) -> int:
    return values["window_days"] * DAY_MS


def _just_under(payments: pd.DataFrame, values: Values) -> pd.Series:
    limit = values["under"]
    near: pd.Series = payments["amount"].between(limit - limit * values["band"] // 100, limit - 1)
    return near


def _find_fast(edges: Sequence[Edge], values: Values) -> Iterator[Finding]:
    yield from _bursts("velocity", edges, _minutes(values), values["transfers"])


def _find_structured(edges: Sequence[Edge], values: Values) -> Iterator[Finding]:
    yield from _bursts("structuring", edges, _days(values), values["transfers"])


def _bursts(name: str, edges: Sequence[Edge], window_ms: int, least: int) -> Iterator[Finding]:
    """The whole of each stretch in which every window is full; the score is by the fullest."""
    for account, paid in by("payer", edges).items():
        for run in runs(paid, window_ms, each_by_itself, least):
            most = max(window[2] for window in run)
            yield Finding(name, account, score_of(most, least), tuple(paid[run[0][0] : run[-1][1]]))


VELOCITY = Pattern(
    name="velocity",
    title="Velocity",
    description="An account makes far more payments within minutes than a person does: a stolen account, or a program.",
    thresholds=(
        Threshold("window_minutes", 10, 1, 24 * 60, "within so many minutes"),
        Threshold("transfers", 20, 2, 10_000, "at least so many payments"),
        min_amount(1),
    ),
    side="payer_account",
    window_ms=_minutes,
    least=transfers,
    counts=large_enough,
    find=_find_fast,
)
STRUCTURING = Pattern(
    name="structuring",
    title="Structuring",
    description="Several payments just under a limit within days: a sum that isn't allowed, in parts that are.",
    thresholds=(
        Threshold("window_days", 7, 1, 31, "within so many days"),
        Threshold("transfers", 5, 2, 10_000, "at least so many payments"),
        Threshold("under", 100_000, 10, MAX_MINOR_UNITS, "the limit; payments of as much don't count", is_money=True),
        Threshold("band", 10, 1, 50, "at most so many percent below the limit"),
    ),
    side="payer_account",
    window_ms=_days,
    least=transfers,
    counts=_just_under,
    find=_find_structured,
)
