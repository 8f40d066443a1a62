"""A pattern as a report: what is counted first, what is read then, and the findings of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Self

import pandas as pd

from analytics_service.filters import PAYMENT, Selection
from analytics_service.reports.report import Report, in_order
from analytics_service.reports.risk.finding import COLUMNS, EDGE, Edge, by, edges_of, table_of
from analytics_service.reports.risk.pattern import Pattern
from analytics_service.reports.risk.survey import Busy, counted, times_of
from analytics_service.reports.risk.windows import each_by_itself, is_busy
from analytics_service.reports.thresholds import BadThresholdError, Values

FINDINGS_MAX = 10_000
_PAYMENT = frozenset({"type", "status", "occurred_at", "amount"})

Ask = Callable[[Report], pd.DataFrame]
"""Runs a report over the lake and gives its added-up part."""


@dataclass(frozen=True)
class RiskReport(Report):
    """The findings of one pattern. Only for those who may see everybody's transfers."""

    pattern: Pattern = field(kw_only=True)
    values: Values = field(kw_only=True)
    is_prepared: bool = field(default=False, kw_only=True)
    suspects: frozenset[str] | None = field(default=None, kw_only=True)
    """The accounts that alone are looked at, once it is prepared; None where it goes by time."""

    @property
    def reach(self) -> timedelta:
        """How long before its last transfer a finding may have begun."""
        return timedelta(milliseconds=self.pattern.window_ms(self.values))

    def tuned(self, values: Mapping[str, int]) -> Self:
        known = {threshold.name: threshold for threshold in self.thresholds}
        for name, value in values.items():
            if not known[name].least <= value <= known[name].most:
                raise BadThresholdError(known[name])
        tuned = {**self.values, **values}
        measure, present = partial(_all, self.pattern, tuned), partial(_found, self.pattern, tuned)
        return replace(self, values=tuned, measure=measure, present=present)

    def prepared(self, ask: Ask) -> Self:
        """Count first, so that then only what may matter is read; `ask` goes over the same files."""
        pattern, values = self.pattern, self.values
        if self.is_prepared or pattern.side is None or pattern.least is None:
            return self
        window_ms, least = pattern.window_ms(values), pattern.least(values)
        busy = Busy.of(ask(_survey(pattern, values)), window_ms, least)
        of_busy_times = replace(self, measure=partial(_of_busy_times, pattern, values, busy), is_prepared=True)
        if pattern.background is None:
            return of_busy_times
        suspects = _suspects(edges_of(ask(of_busy_times)), pattern, window_ms, least)
        measure = partial(_of_suspects, pattern, values, suspects)
        return replace(self, measure=measure, is_prepared=True, suspects=suspects)


def risk_report(pattern: Pattern) -> RiskReport:
    """The report of a pattern, with the thresholds' defaults."""
    values = pattern.defaults
    return RiskReport(
        name=f"risk_{pattern.name}",
        title=pattern.title,
        description=pattern.description,
        keys=EDGE,
        sums=("amount",),
        reads=_PAYMENT | frozenset(EDGE),
        measure=partial(_all, pattern, values),
        present=partial(_found, pattern, values),
        answers=COLUMNS,
        limit_max=FINDINGS_MAX,
        limited_by="how many findings",
        analysts_only=True,
        thresholds=pattern.thresholds,
        pattern=pattern,
        values=values,
    )


def _survey(pattern: Pattern, values: Values) -> Report:
    """Payments by slot."""
    return Report(
        name=f"survey_{pattern.name}",
        title=pattern.title,
        description=pattern.description,
        keys=("slot",),
        sums=("payments",),
        reads=_PAYMENT | {str(pattern.side)},
        measure=partial(_slots, pattern, values),
        present=in_order,
    )


def _payments(legs: pd.DataFrame) -> pd.DataFrame:
    return legs[(legs["status"] == "posted") & (legs["type"] == PAYMENT)]


def _counting(pattern: Pattern, values: Values, legs: pd.DataFrame) -> pd.DataFrame:
    payments = _payments(legs)
    return payments[pattern.counts(payments, values)]


def _slots(pattern: Pattern, values: Values, legs: pd.DataFrame, _selection: Selection) -> pd.DataFrame:
    assert pattern.side is not None, f"{pattern.name} has no survey"  # noqa: S101
    return counted(_counting(pattern, values, legs), pattern.side, pattern.window_ms(values))


def _all(pattern: Pattern, values: Values, legs: pd.DataFrame, _selection: Selection) -> pd.DataFrame:
    return _counting(pattern, values, legs)


def _of_busy_times(
    pattern: Pattern, values: Values, busy: Busy, legs: pd.DataFrame, _selection: Selection
) -> pd.DataFrame:
    payments = _counting(pattern, values, legs)
    return payments[busy.may_be(payments[pattern.side], times_of(payments))]


def _of_suspects(
    pattern: Pattern, values: Values, suspects: frozenset[str], legs: pd.DataFrame, _selection: Selection
) -> pd.DataFrame:
    payments = _payments(legs) if pattern.background == "all" else _counting(pattern, values, legs)
    return payments[payments[pattern.side].isin(suspects)]


def _suspects(edges: list[Edge], pattern: Pattern, window_ms: int, least: int) -> frozenset[str]:
    """The accounts that were really busy."""
    side = "payer" if pattern.side == "payer_account" else "payee"
    return frozenset(
        account for account, paid in by(side, edges).items() if is_busy(paid, window_ms, each_by_itself, least)
    )


def _found(pattern: Pattern, values: Values, table: pd.DataFrame, _selection: Selection, limit: int) -> pd.DataFrame:
    return table_of(pattern.find(edges_of(table), values), limit)
