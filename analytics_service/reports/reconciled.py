"""The figures of the reports that are held against the ledger's: measured as all others are, and shown to nobody."""

from __future__ import annotations

import pandas as pd

from analytics_service.filters import Selection
from analytics_service.reports.periods import starts_of
from analytics_service.reports.report import Report, in_order


def _measure(legs: pd.DataFrame, _selection: Selection) -> pd.DataFrame:
    # What was not posted has moved nothing.
    moved = legs["amount"].where(legs["status"] == "posted", 0)
    return legs.assign(start=starts_of(legs["occurred_at"], "day", None), transfers=legs["counted"], amount=moved)


BY_STATUS = Report(
    name="by_status",
    title="By status",
    description="Transfers of each UTC day by what has become of them, and what was moved.",
    keys=("start", "currency", "type", "status"),
    sums=("transfers", "amount"),
    reads=frozenset({"occurred_at", "currency", "type", "status", "amount", "counted"}),
    measure=_measure,
    present=in_order,
)
