"""How much, how often, when: totals, and the same by hour and by day, of what was posted or rejected.

`type` keeps payments apart from grants, deposits, withdrawals, refunds and attempts that were refused. A hold counts
when it is captured, by what was captured, and a scheduled transfer when it is executed.
"""

from __future__ import annotations

import pandas as pd

from analytics_service.reports.report import Report

GROUP = ("currency", "type", "direction")
SUMS = ("posted", "rejected", "amount")
READS = frozenset({*GROUP, "status", "amount", "counted_by_direction"})


def _measure(legs: pd.DataFrame) -> pd.DataFrame:
    legs = legs[legs["status"].isin(("posted", "rejected"))]
    posted, counted = legs["status"] == "posted", legs["counted_by_direction"]
    return legs.assign(
        posted=counted.where(posted, 0),
        rejected=counted.where(~posted, 0),
        # What was refused has moved nothing.
        amount=legs["amount"].where(posted, 0),
    )


def _by(unit: str, legs: pd.DataFrame) -> pd.DataFrame:
    measured = _measure(legs)
    return measured.assign(start=measured["occurred_at"].dt.floor(unit))


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
