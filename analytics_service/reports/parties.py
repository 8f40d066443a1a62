"""Who paid most and who got most, of what was posted, and with whom one person has dealt.

To a person these are the others: of the payers those who paid them, of the payees those whom they paid.
"""

from __future__ import annotations

from functools import partial

import pandas as pd

from analytics_service.filters import Selection
from analytics_service.reports.report import LIMIT_MAX, Report

SUMS = ("transfers", "amount")
BOTH_WAYS = ("transfers_in", "amount_in", "transfers_out", "amount_out")
MANY = 10_000
PAYERS, PAYEES = ("payer_account", "out"), ("payee_account", "in")
"""A side's column, and the direction in which it is the viewer themselves."""


def moved_by(side: tuple[str, str], legs: pd.DataFrame, _selection: Selection) -> pd.DataFrame:
    """What the accounts of one side paid or got, each leg with its `account`, `transfers` and `amount`."""
    account, not_direction = side
    posted = legs[(legs["status"] == "posted") & (legs["direction"] != not_direction)]
    # A payee counts a transfer of several legs like any other; its payer counts it once.
    transfers = posted["counted_by_direction"] if account == "payer_account" else 1
    return posted.rename(columns={account: "account"}).assign(transfers=transfers)


def _dealt_with(legs: pd.DataFrame, _selection: Selection) -> pd.DataFrame:
    posted = legs[legs["status"] == "posted"]
    came, went = posted[posted["direction"] == "in"], posted[posted["direction"] == "out"]
    # Who pays two of a person's accounts at once has paid them once.
    once = (~came["position"].duplicated()).astype("int64")
    gave = came.rename(columns={"payer_account": "account"})
    got = went.rename(columns={"payee_account": "account"})
    both = [
        gave.assign(transfers_in=once, amount_in=gave["amount"], transfers_out=0, amount_out=0),
        got.assign(transfers_in=0, amount_in=0, transfers_out=1, amount_out=got["amount"]),
    ]
    columns = ["currency", "account", "position", "occurred_at", *BOTH_WAYS]
    return pd.concat([side[columns] for side in both]).rename(columns={"occurred_at": "last_at"})


def _largest(figures: pd.DataFrame, _selection: Selection, limit: int) -> pd.DataFrame:
    """The first `limit` of each currency and type; who has moved as much is put in the order of accounts."""
    ranked = figures.sort_values(
        ["currency", "type", "amount", "account"], ascending=[True, True, False, True], kind="stable"
    )
    return ranked.groupby(["currency", "type"], sort=False).head(limit)


def busiest(figures: pd.DataFrame, _selection: Selection, limit: int) -> pd.DataFrame:
    """The first `limit` of each currency by what went both ways."""
    turnover = figures["amount_in"] + figures["amount_out"]
    ranked = figures.assign(turnover=turnover).sort_values(
        ["currency", "turnover", "account"], ascending=[True, False, True], kind="stable"
    )
    return ranked.groupby("currency", sort=False).head(limit)


def _top(name: str, title: str, description: str, side: tuple[str, str]) -> Report:
    return Report(
        name=name,
        title=title,
        description=description,
        keys=("currency", "type", "account"),
        sums=SUMS,
        reads=frozenset({"currency", "type", "direction", "status", "amount", "counted_by_direction", side[0]}),
        measure=partial(moved_by, side),
        present=_largest,
        limit_max=LIMIT_MAX,
        limited_by="how many per currency and type",
    )


TOP_PAYERS = _top("top_payers", "Top payers", "The accounts that paid most, per currency and type.", PAYERS)
TOP_PAYEES = _top("top_payees", "Top payees", "The accounts that got most, per currency and type.", PAYEES)
COUNTERPARTIES = Report(
    name="counterparties",
    title="Counterparties",
    description="The accounts that a person has paid or been paid by, those first with which most was moved.",
    keys=("currency", "account"),
    sums=BOTH_WAYS,
    latest=("last_at",),
    reads=frozenset(
        {"currency", "direction", "status", "amount", "payer_account", "payee_account", "position", "occurred_at"}
    ),
    measure=_dealt_with,
    present=busiest,
    limit_max=MANY,
    limited_by="how many per currency",
    needs="user",
)
