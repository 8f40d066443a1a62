"""How much, how often, when: totals, and the same by period and by hour of the week, of what was posted or rejected.

`type` keeps payments apart from grants, deposits, withdrawals, refunds and attempts that were refused. A hold counts
when it is captured, by what was captured, and a scheduled transfer when it is executed.
"""

from __future__ import annotations

from functools import partial

import pandas as pd

from analytics_service.filters import Selection
from analytics_service.reports.periods import UNITS, Unit, names_of, on_clocks, starts_of
from analytics_service.reports.report import Report, in_order

GROUP = ("currency", "type", "direction")
SUMS = ("posted", "rejected", "amount")
READS = frozenset({*GROUP, "status", "amount", "counted_by_direction"})


def _measure(legs: pd.DataFrame, _selection: Selection) -> pd.DataFrame:
    legs = legs[legs["status"].isin(("posted", "rejected"))]
    posted, counted = legs["status"] == "posted", legs["counted_by_direction"]
    return legs.assign(
        posted=counted.where(posted, 0),
        rejected=counted.where(~posted, 0),
        # What was refused has moved nothing.
        amount=legs["amount"].where(posted, 0),
    )


def _by_period(unit: Unit, legs: pd.DataFrame, selection: Selection) -> pd.DataFrame:
    measured = _measure(legs, selection)
    return measured.assign(start=starts_of(measured["occurred_at"], unit, selection.zone))


def _named(unit: Unit, figures: pd.DataFrame, selection: Selection, _limit: int) -> pd.DataFrame:
    return figures.assign(period=names_of(figures["start"], unit, selection.zone))


def _by_hour_of_week(legs: pd.DataFrame, selection: Selection) -> pd.DataFrame:
    measured = _measure(legs, selection)
    clocks = on_clocks(measured["occurred_at"], selection.zone)
    return measured.assign(weekday=clocks.dt.day_of_week.astype("int64") + 1, hour=clocks.dt.hour.astype("int64"))


def _per(unit: Unit) -> Report:
    return Report(
        name=f"per_{unit}",
        title=f"Per {unit}",
        description=f"The totals of each {unit} that had any, in the zone's calendar; `start` is its first moment.",
        keys=("start", *GROUP),
        sums=SUMS,
        reads=READS | {"occurred_at"},
        measure=partial(_by_period, unit),
        present=partial(_named, unit),
        answers=("start", "period", *GROUP, *SUMS),
        condenses=unit != "minute",
    )


TOTALS = Report(
    name="totals",
    title="Totals",
    description="Transfers posted and rejected, and the amount posted, in minor units.",
    keys=GROUP,
    sums=SUMS,
    reads=READS,
    measure=_measure,
    present=in_order,
    condenses=True,
)
PER_PERIOD = tuple(_per(unit) for unit in UNITS)
HOURS_OF_WEEK = Report(
    name="hours_of_week",
    title="Hours of the week",
    description="The totals of each hour of each weekday that had any, in the zone's time: when people pay.",
    keys=("weekday", "hour", *GROUP),
    sums=SUMS,
    reads=READS | {"occurred_at"},
    measure=_by_hour_of_week,
    present=in_order,
    condenses=True,
)
