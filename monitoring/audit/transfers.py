"""Transfers that something was done about, or may be: what the journal says that their documents must be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

_BEGIN = ("pending", "scheduled")
_END = ("captured", "voided", "expired", "posted", "rejected")
_DUE = {"pending": "expires_at", "scheduled": "execute_at"}


class Kept(NamedTuple):
    """All but the body, which is that of the record at position `last`.

    `first` and `last` are 0 for a transfer that was posted at once and refunded later: its own record is all there is.
    """

    payer: str
    first: int = 0
    last: int = 0
    spender: str | None = None
    refunded: tuple[tuple[str, int], ...] = ()
    plan: Mapping[str, Any] | None = None


class Transfers:
    """Their states by id."""

    def __init__(self) -> None:
        self.kept: dict[str, Kept] = {}

    def accept(self, record: Mapping[str, Any], spender: str | None) -> Kept | None:
        """Take what a record says of a transfer; returns the hold or the plan that it ended.

        `spender` is the account that counted a new one for its owner's limits.
        """
        outcome, body, position = record["outcome"], record["body"], record["_id"]
        id, payer = body["id"], body["payer"]["account"]
        if outcome in _BEGIN:
            plan = _plan(record) if outcome == "scheduled" else None
            self.kept[id] = Kept(payer, position, position, spender, plan=plan)
        elif outcome == "refunded":
            self._refund(body["original"], body["payees"][0]["account"], payer, body["amount"])
        elif outcome in _END and record.get("of") == id:
            # A refused attempt at one has an id of its own.
            ended = self.kept[id]
            self.kept[id] = ended._replace(last=position, plan=None)
            return ended
        return None

    def _refund(self, id: str, payer: str, payee: str, amount: int) -> None:
        kept = self.kept.get(id) or Kept(payer)
        refunded = dict(kept.refunded)
        refunded[payee] = refunded.get(payee, 0) + amount
        self.kept[id] = kept._replace(refunded=tuple(refunded.items()))


def expected_document(id: str, kept: Kept, answered: Mapping[str, Any], position: int) -> dict[str, Any]:
    """The document that a transfer must have; `answered` is the body of the record at its last `position`."""
    document = {
        "_id": id,
        "status": answered["status"],
        "first": kept.first or position,
        "last": position,
        "body": answered,
        "spender": kept.spender,
        "refunded": sum(amount for _, amount in kept.refunded),
        "refunded_by": [{"account": account, "amount": amount} for account, amount in kept.refunded],
        "plan": kept.plan,
    }
    due = _DUE.get(answered["status"])
    return {**document, "due": answered[due]} if due else document


def _plan(record: Mapping[str, Any]) -> dict[str, Any]:
    """How a scheduled transfer was asked for."""
    body, actor = record["body"], record["actor"]
    accounts = record.get("by_account") or [None] * len(body["payees"])
    return {
        "payees": [
            {"amount": payee["amount"], "username": None if account else payee["username"], "account": account}
            for payee, account in zip(body["payees"], accounts, strict=True)
        ],
        "currency": body["currency"],
        "owner": actor["id"],
        "owner_username": body["payer"]["username"],
        "role": actor["role"],
        "payer_account": body["payer"]["account"],
        "note": body["note"],
        "type": body["type"],
    }
