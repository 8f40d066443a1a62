"""One event of the topic `transactions` becomes one row of the lake."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from contracts.ledger_chain import WORLD

KINDS = (
    "account.opened",
    "account.frozen",
    "account.unfrozen",
    "account.closed",
    "account.limits_changed",
    "transfer.scheduled",
    "transfer.pending",
    "transfer.posted",
    "transfer.voided",
    "transfer.expired",
    "transfer.rejected",
    "transfer.refunded",
)
"""Every type of event: each becomes a row."""
_ACCOUNT = "account."
MAX_INTEGER = 2**63 - 1

Row = dict[str, Any]


class UnusableEventError(ValueError):
    """The event obeys its schema and yet can't be a row; no waiting helps."""


def row_of(event: dict[str, Any]) -> Row:
    """The row of an event that obeys transactions.v1.json, without what the ingester stamps on it.

    A transfer's payees stay a list of structs: reading makes one leg of each.

    Raises:
        UnusableEventError: a number beyond 64 bits, a time without a zone, or several payees without their amounts.
    """
    kind = event["type"]
    return {
        "position": _integer(event["position"]),
        "event_id": event["event_id"],
        "kind": kind,
        "occurred_at": _time(event["occurred_at"]),
        **(_account(event["account"]) if kind.startswith(_ACCOUNT) else _transfer(event["transfer"])),
    }


def day_of(row: Row) -> date:
    """The partition that the row belongs to: the UTC day on which the ledger decided."""
    at: datetime = row["occurred_at"]
    return at.date()


def _account(account: dict[str, Any]) -> Row:
    names = ("user_id", "currency", "purpose", "origin")
    return {"account": account["id"], **{name: account[name] for name in names}, "payees": []}


def _transfer(transfer: dict[str, Any]) -> Row:
    payer = transfer["payer"]
    amount = _integer(transfer["amount"])
    payees = [_payee(payee, amount, alone=len(transfer["payees"]) == 1) for payee in transfer["payees"]]
    expires_at = transfer.get("expires_at")
    return {
        "transfer_id": transfer["id"],
        "original": transfer.get("original"),
        "expires_at": None if expires_at is None else _time(expires_at),
        "type": transfer["type"],
        "status": transfer["status"],
        "reason": transfer["reason"],
        "amount": amount,
        "currency": transfer["currency"],
        "payer_account": payer["account"],
        "payer_user_id": payer["user_id"],
        "payer_balance_after": _integer(payer["balance_after"]),
        "payees": payees,
        # What comes from the world is a person's or a probe's by whom it went to.
        "origin": payees[0]["origin"] if payer["origin"] == WORLD else payer["origin"],
    }


def _payee(payee: dict[str, Any], transfer_amount: int | None, *, alone: bool) -> Row:
    amount = _integer(payee.get("amount"))
    if amount is None:
        if not alone:
            raise UnusableEventError("one of several payees has no amount")
        amount = transfer_amount
    return {
        "account": payee["account"],
        "user_id": payee["user_id"],
        "amount": amount,
        "balance_after": _integer(payee["balance_after"]),
        "origin": payee["origin"],
    }


def _integer(value: float | None) -> int | None:
    """JSON Schema takes 5.0 for an integer, and any number of digits."""
    if value is None:
        return None
    if abs(value) > MAX_INTEGER:
        raise UnusableEventError("a number is too large")
    return int(value)


def _time(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise UnusableEventError(str(error)) from None
    if at.tzinfo is None:
        raise UnusableEventError("a time has no zone")
    return at if at.tzinfo is UTC else at.astimezone(UTC)
