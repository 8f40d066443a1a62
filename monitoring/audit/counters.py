"""What the ledger counts for its limits: what people have sent, by day, minute and payee, reckoned from the journal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from contracts.moments import rfc3339

NEW_PAYEE_TIME = timedelta(hours=24)

Parts = Sequence[tuple[str, int]]
"""Payees' accounts with what each gets, in minor units."""


class Sent(NamedTuple):
    """Of a main account: `spent` on the UTC day `day`, and `sent` transfers in the UTC minute `minute`."""

    day: str = ""
    spent: int = 0
    minute: str = ""
    sent: int = 0


class Paid(NamedTuple):
    """What one user has sent to one account: since when, on the day `day`, and while the payee was new to them."""

    first_at: str
    day: str
    spent: int
    while_new: int


class Counters:
    """`sent` by main account, `paid` by the document's id, "<user>><payee's account>"."""

    def __init__(self) -> None:
        self.sent: dict[str, Sent] = {}
        self.paid: dict[str, Paid] = {}

    def count(self, user: str, spender: str, parts: Parts, at: datetime) -> None:
        """A transfer of these parts to others was booked or held."""
        moment = rfc3339(at)
        day, minute = moment[:10], moment[:16]
        before = self.sent.get(spender, Sent())
        spent = sum(amount for _, amount in parts) + (before.spent if before.day == day else 0)
        sent = 1 + (before.sent if before.minute == minute else 0)
        self.sent[spender] = Sent(day, spent, minute, sent)
        for payee, amount in parts:
            self._pay(f"{user}>{payee}", amount, day, moment, at)

    def give_back(self, user: str, spender: str, parts: Parts, at: datetime) -> None:
        """A hold of the same day didn't use these parts."""
        moment = rfc3339(at)
        before = self.sent.get(spender, Sent())
        if before.day == moment[:10]:
            spent = before.spent - sum(amount for _, amount in parts)
            self.sent[spender] = before._replace(spent=max(0, spent))
        for payee, amount in parts:
            self._pay(f"{user}>{payee}", -amount, moment[:10], moment, at)

    def _pay(self, id: str, amount: int, day: str, moment: str, at: datetime) -> None:
        before = self.paid.get(id)
        if before is None:
            self.paid[id] = Paid(moment, day, amount, amount)
            return
        is_new = before.first_at > rfc3339(at - NEW_PAYEE_TIME)
        spent = max(0, amount + (before.spent if before.day == day else 0))
        while_new = max(0, before.while_new + amount) if is_new else before.while_new
        self.paid[id] = Paid(before.first_at, day, spent, while_new)
