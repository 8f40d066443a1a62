"""What moved on accounts: turnover and balance of each, and the statement of one. People see their own alone."""

from __future__ import annotations

import pandas as pd

from analytics_service.filters import Selection
from analytics_service.reports.parties import BOTH_WAYS, MANY, busiest
from analytics_service.reports.report import Report, in_order

LINE = ("position", "occurred_at", "transfer_id", "type", "counterparty", "currency")
READS = frozenset(
    {"currency", "status", "amount", "position"}
    | {f"{side}_{name}" for side in ("payer", "payee") for name in ("account", "user_id", "balance_after")}
)


def _entries(legs: pd.DataFrame, selection: Selection) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What was taken from the accounts that may be seen, and what came to them, each leg with account and balance."""
    posted = legs[legs["status"] == "posted"]
    return _of_side("payer", "payee", posted, selection), _of_side("payee", "payer", posted, selection)


def _of_side(side: str, other: str, posted: pd.DataFrame, selection: Selection) -> pd.DataFrame:
    if selection.user_id is not None:
        posted = posted[posted[f"{side}_user_id"] == selection.user_id]
    if selection.account is not None:
        posted = posted[posted[f"{side}_account"] == selection.account]
    names = {f"{side}_account": "account", f"{side}_balance_after": "balance", f"{other}_account": "counterparty"}
    return posted.rename(columns=names)


def _turnover(legs: pd.DataFrame, selection: Selection) -> pd.DataFrame:
    paid, got = _entries(legs, selection)
    # Its payer counts a transfer of several legs once.
    once = (~paid["position"].duplicated()).astype("int64")
    both = [
        paid.assign(transfers_in=0, amount_in=0, transfers_out=once, amount_out=paid["amount"]),
        got.assign(transfers_in=1, amount_in=got["amount"], transfers_out=0, amount_out=0),
    ]
    return pd.concat([side[["currency", "account", "position", "balance", *BOTH_WAYS]] for side in both])


def _lines(legs: pd.DataFrame, selection: Selection) -> pd.DataFrame:
    paid, got = _entries(legs, selection)
    entries = pd.concat([paid.assign(amount=-paid["amount"]), got]).rename(columns={"balance": "balance_after"})
    several = entries["position"].duplicated(keep=False)
    return entries.assign(counterparty=entries["counterparty"].astype(object).where(~several, None))


ACCOUNTS = Report(
    name="accounts",
    title="Accounts",
    description="What came to each account and what left it, and its balance after the last of it; those first that "
    "moved most. The accounts named world are everything outside of the platform: with them all balances add up to 0.",
    keys=("currency", "account"),
    sums=BOTH_WAYS,
    latest=("balance",),
    reads=READS,
    measure=_turnover,
    present=busiest,
    limit_max=MANY,
    limited_by="how many per currency",
)
STATEMENT = Report(
    name="statement",
    title="Statement",
    description="Each entry of one account in the ledger's order, signed, with the balance after it.",
    keys=(*LINE, "balance_after"),
    sums=("amount",),
    reads=READS | {"occurred_at", "transfer_id", "type"},
    measure=_lines,
    present=in_order,
    answers=(*LINE, "amount", "balance_after"),
    needs="account",
)
