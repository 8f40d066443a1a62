"""How many people used the platform, and how many of them for the first time.

Active is who paid or was paid. To a person these are the others: those whom they have dealt with. What came before the
filter's first moment decides who is new, so it is read as well.
"""

from __future__ import annotations

from functools import partial

import pandas as pd

from analytics_service.filters import Selection
from analytics_service.reports.periods import Unit, names_of, starts_of
from analytics_service.reports.report import Report

UNITS: tuple[Unit, ...] = ("day", "week", "month")


def _measure(unit: Unit, legs: pd.DataFrame, selection: Selection) -> pd.DataFrame:
    posted = legs[legs["status"] == "posted"]
    posted = posted.assign(
        start=starts_of(posted["occurred_at"], unit, selection.zone), inside=_inside(posted, selection), times=1
    )
    seen = [
        posted[posted["direction"].isin(("all", direction))].rename(columns={user: "user_id"})
        for user, direction in (("payer_user_id", "in"), ("payee_user_id", "out"))
    ]
    people = pd.concat([side[["user_id", "start", "inside", "times"]] for side in seen])
    return people[people["user_id"].notna()]


def _inside(legs: pd.DataFrame, selection: Selection) -> pd.Series:
    """1 where a leg is in the selection, 0 where it came before."""
    inside = pd.Series(True, index=legs.index)
    if selection.from_ is not None:
        inside &= legs["occurred_at"] >= selection.from_
    if selection.after is not None:
        inside &= legs["position"] > selection.after
    return inside.astype("int64")


def _present(unit: Unit, figures: pd.DataFrame, selection: Selection, _limit: int) -> pd.DataFrame:
    first = figures.groupby("user_id")["start"].transform("min")
    active = figures.assign(new=(figures["start"] == first).astype("int64"), active=1)
    active = active[active["inside"] == 1]
    counts = active.groupby("start", as_index=False, sort=True)[["active", "new"]].sum()
    period = names_of(counts["start"], unit, selection.zone)
    return counts.assign(period=period, returning=counts["active"] - counts["new"])


def _per(unit: Unit) -> Report:
    return Report(
        name=f"users_per_{unit}",
        title=f"Users per {unit}",
        description=f"Who paid or was paid in each {unit}, and how many of them for the first time; to a person the "
        "others. What was before the filter's beginning is looked at, too.",
        keys=("user_id", "start", "inside"),
        sums=("times",),
        reads=frozenset({"occurred_at", "position", "status", "direction", "payer_user_id", "payee_user_id"}),
        measure=partial(_measure, unit),
        present=partial(_present, unit),
        answers=("start", "period", "active", "new", "returning"),
        looks_back=True,
    )


USERS_PER_PERIOD = tuple(_per(unit) for unit in UNITS)
