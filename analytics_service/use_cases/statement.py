"""What a statement opens and closes with: the same as the ledger's own statement of that account and time."""

from __future__ import annotations

from collections.abc import Sequence

from analytics_service.domain.balances import Balances
from analytics_service.domain.rows import Row
from analytics_service.filters import Selection
from analytics_service.reports import REPORTS
from analytics_service.use_cases.reports import Reports


def balances_of(reports: Reports, selection: Selection, lines: Sequence[Row]) -> Balances | None:
    """`lines` are those of the selection's statement. None where the filter leaves out entries, which balances count,
    and where the lake knows no entry by then."""
    if not selection.is_a_time:
        return None
    if lines:
        first, last = lines[0], lines[-1]
        return Balances(first["currency"], first["balance_after"] - first["amount"], last["balance_after"])
    # Nothing came in this time, so that the latest balance by its end is the one before it.
    by_then = reports.answer([REPORTS["accounts"]], selection.from_the_beginning()).figures["accounts"]
    return next((Balances(row["currency"], row["balance"], row["balance"]) for row in by_then), None)
