"""Who paid most and who got most, of what was posted.

To a person these are the others: of the payers those who paid them, of the payees those whom they paid.
"""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from analytics_service.reports.report import Report

SUMS = ("transfers", "amount")


def _measure(account: str, not_direction: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def measure(legs: pd.DataFrame) -> pd.DataFrame:
        posted = legs[(legs["status"] == "posted") & (legs["direction"] != not_direction)]
        # A payee counts a transfer of several legs like any other; its payer counts it once.
        transfers = posted["counted_by_direction"] if account == "payer_account" else 1
        return posted.rename(columns={account: "account"}).assign(transfers=transfers)

    return measure


def _largest(figures: pd.DataFrame, limit: int) -> pd.DataFrame:
    """The first `limit` of each currency and type; who has moved as much is put in the order of accounts."""
    ranked = figures.sort_values(
        ["currency", "type", "amount", "account"], ascending=[True, True, False, True], kind="stable"
    )
    return ranked.groupby(["currency", "type"], sort=False).head(limit)


def _report(name: str, title: str, description: str, account: str, not_direction: str) -> Report:
    return Report(
        name=name,
        title=title,
        description=description,
        keys=("currency", "type", "account"),
        sums=SUMS,
        reads=frozenset({"currency", "type", "direction", "status", "amount", "counted_by_direction", account}),
        measure=_measure(account, not_direction),
        present=_largest,
        takes_limit=True,
    )


TOP_PAYERS = _report(
    "top_payers", "Top payers", "The accounts that paid most, per currency and type.", "payer_account", "out"
)
TOP_PAYEES = _report(
    "top_payees", "Top payees", "The accounts that got most, per currency and type.", "payee_account", "in"
)
