"""A transfer that something may still be done about: a hold, a scheduled one, or one that may be refunded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Transfer:
    """What the ledger knows of a transfer before it decides what is to be done about it.

    `body` is what the record at position `last` answered: the transfer as it is, but for `refunded`, which counts per
    payee's account what went back. `spender` is the main account whose limits it counted for, if it did. `plan` is
    how a scheduled one was asked for.
    """

    id: str
    body: Mapping[str, Any]
    first: int
    last: int
    spender: str | None = None
    refunded: Mapping[str, int] = field(default_factory=dict)
    plan: Mapping[str, Any] | None = None

    @property
    def status(self) -> str:
        return str(self.body["status"])

    @property
    def payer(self) -> str:
        """The payer's account."""
        return str(self.body["payer"]["account"])

    @property
    def payees(self) -> list[tuple[str, int]]:
        """The payees' accounts with what each gets; a scheduled one doesn't know them yet."""
        return [(payee["account"], payee["amount"]) for payee in self.body["payees"]]

    @property
    def accounts(self) -> set[str]:
        """Every account that doing something about it may touch."""
        found = {self.payer, self.spender, *(account for account, _ in self.payees)}
        return {account for account in found if account is not None}

    def left_to_refund(self, account: str) -> int:
        """What the owner of `account` got and has not given back."""
        return sum(amount for paid, amount in self.payees if paid == account) - self.refunded.get(account, 0)
