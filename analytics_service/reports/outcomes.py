"""How transfers ended, and why those that were rejected were. What is scheduled or held has not ended yet."""

from __future__ import annotations

import pandas as pd

from analytics_service.filters import Selection
from analytics_service.reports.report import Report

ENDS = ("posted", "voided", "expired", "rejected")


def _measure(legs: pd.DataFrame, _selection: Selection) -> pd.DataFrame:
    return legs[legs["status"].isin(ENDS)].rename(columns={"counted": "transfers"})


def _most_first(figures: pd.DataFrame, _selection: Selection, _limit: int) -> pd.DataFrame:
    return figures.sort_values(
        ["type", "status", "transfers", "reason"], ascending=[True, True, False, True], kind="stable"
    )


OUTCOMES = Report(
    name="outcomes",
    title="Success and reasons",
    description="Transfers by how they ended; `reason` says why a rejected one was. What was refused about a transfer "
    "is of type capture, void, refund or reversal, never of payment.",
    keys=("type", "status", "reason"),
    sums=("transfers",),
    reads=frozenset({"type", "status", "reason", "counted"}),
    measure=_measure,
    present=_most_first,
    condenses=True,
)
