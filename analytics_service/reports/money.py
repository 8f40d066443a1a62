"""How much, how often, when: totals, and the same by hour and by day. Grants are kept apart from payments by `type`."""

from __future__ import annotations

import pandas as pd

from analytics_service.reports.report import Report

GROUP = ("currency", "type", "direction")
SUMS = ("posted", "rejected", "amount")
READS = frozenset({*GROUP, "status", "amount", "counted"})


def _measure(legs: pd.DataFrame) -> pd.DataFrame:
    posted = legs["status"] == "posted"
    return legs.assign(
        posted=legs["counted"].where(posted, 0),
        rejected=legs["counted"].where(~posted, 0),
        # What was refused has moved nothing.
        amount=legs["amount"].where(posted, 0),
    )


def _by(unit: str, legs: pd.DataFrame) -> pd.DataFrame:
    return _measure(legs).assign(start=legs["occurred_at"].dt.floor(unit))


def _by_hour(legs: pd.DataFrame) -> pd.DataFrame:
    return _by("h", legs)


def _by_day(legs: pd.DataFrame) -> pd.DataFrame:
    return _by("D", legs)


def _in_order(figures: pd.DataFrame, _limit: int) -> pd.DataFrame:
    return figures


TOTALS = Report(
    name="totals",
    title="Totals",
    description="Transfers posted and rejected, and the amount posted, in minor units.",
    keys=GROUP,
    sums=SUMS,
    reads=READS,
    measure=_measure,
    present=_in_order,
)
PER_HOUR = Report(
    name="per_hour",
    title="Per hour",
    description="The totals of each hour that had any; `start` is the hour's first moment, in UTC.",
    keys=("start", *GROUP),
    sums=SUMS,
    reads=READS | {"occurred_at"},
    measure=_by_hour,
    present=_in_order,
)
PER_DAY = Report(
    name="per_day",
    title="Per day",
    description="The totals of each UTC day that had any; `start` is the day's first moment.",
    keys=("start", *GROUP),
    sums=SUMS,
    reads=READS | {"occurred_at"},
    measure=_by_day,
    present=_in_order,
)
