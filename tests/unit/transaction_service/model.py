"""The ledger as anybody would explain it: money in dictionaries, and a diary of who sent what.

It knows no journal, no hashes, no batches and no counters: what limits allow is added up from the diary each time. An
account is named by its owner (`ann`) or owner and purpose (`ann/pot`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from transaction_service.domain.limits import limits_in

NEW_FOR = timedelta(hours=24)
WORLD = "world"


@dataclass
class Deal:
    """A hold, a scheduled transfer or a payment. `until`: when a hold expires, when a scheduled one is executed."""

    payer: str
    parts: dict[str, int]
    status: str
    made_at: datetime
    until: datetime | None = None
    refunded: Counter[str] = field(default_factory=Counter)

    @property
    def amount(self) -> int:
        return sum(self.parts.values())

    def is_party(self, person: str) -> bool:
        return person == self.payer or person in self.parts


@dataclass(frozen=True)
class Sent:
    """A line of the diary: a payment or hold that counts for limits, or what was given back of one (negative)."""

    payer: str
    parts: Mapping[str, int]
    at: datetime
    gives_back: bool = False


@dataclass
class Model:
    """Everything, at the moment `now`."""

    now: datetime
    people: tuple[str, ...]
    posted: Counter[str] = field(default_factory=Counter)
    frozen: set[str] = field(default_factory=set)
    closed: set[str] = field(default_factory=set)
    limits: dict[str, dict[str, int]] = field(default_factory=dict)
    deals: dict[str, Deal] = field(default_factory=dict)
    diary: list[Sent] = field(default_factory=list)

    def held_from(self, account: str) -> int:
        return sum(deal.amount for deal in self._holds() if deal.payer == account)

    def held_for(self, account: str) -> int:
        return sum(deal.parts.get(account, 0) for deal in self._holds())

    def available(self, account: str) -> int:
        return self.posted[account] - self.held_from(account)

    def is_open(self, account: str) -> bool:
        return account not in self.frozen and account not in self.closed

    def why_no_payee(self, payer: str, parts: Mapping[str, int]) -> str | None:
        """What is wrong with the payees, before anything is asked about money."""
        for payee in parts:
            if payee not in self.posted:
                return "unknown_payee"
            if not self.is_open(payee):
                return "payee_unavailable"
            if payee == payer:
                return "same_account"
        return None

    def why_not(self, payer: str, parts: Mapping[str, int], *, limited: bool = True) -> str | None:
        """Why a payment or a hold is refused now; None where it isn't."""
        wrong = self.why_no_payee(payer, parts)
        if wrong is not None:
            return wrong
        if not self.is_open(payer):
            return "account_frozen" if payer in self.frozen else "account_closed"
        if sum(parts.values()) > self.available(payer):
            return "insufficient_funds"
        return "limit_exceeded" if limited and self.broken_limit(payer, parts) else None

    def broken_limit(self, payer: str, parts: Mapping[str, int]) -> str | None:
        """The first limit that stands against it."""
        total, allowed = sum(parts.values()), {**_ROLE, **self.limits.get(payer, {})}
        if total > allowed["per_transfer"]:
            return "per_transfer"
        if self.sent_this_minute(payer) >= allowed["per_minute"]:
            return "per_minute"
        if total > allowed["per_day"] - self.spent_today(payer):
            return "per_day"
        for payee, amount in parts.items():
            lines = [line for line in self._lines(payer) if payee in line.parts]
            if amount > allowed["per_payee"] - sum(line.parts[payee] for line in lines if self._is_today(line.at)):
                return "per_payee"
            is_new = not lines or self.now - lines[0].at < NEW_FOR
            if is_new and amount > allowed["new_payee"] - sum(line.parts[payee] for line in lines):
                return "new_payee"
        return None

    def spent_today(self, payer: str) -> int:
        return sum(sum(line.parts.values()) for line in self._lines(payer) if self._is_today(line.at))

    def sent_this_minute(self, payer: str) -> int:
        minute = self.now.replace(second=0, microsecond=0)
        return sum(not line.gives_back and line.at >= minute for line in self._lines(payer))

    def make(self, id: str, deal: Deal) -> None:
        """A hold or a payment comes about, and counts."""
        self.deals[id] = deal
        self.diary.append(Sent(deal.payer, dict(deal.parts), self.now))
        if deal.status == "posted":
            self.move(deal.payer, deal.parts)

    def move(self, payer: str, parts: Mapping[str, int]) -> None:
        for payee, amount in parts.items():
            self.posted[payer] -= amount
            self.posted[payee] += amount

    def give_back(self, deal: Deal, parts: Mapping[str, int]) -> None:
        """What a hold did not use counts no more, while it is still the day on which it was made."""
        if self._is_today(deal.made_at) and any(parts.values()):
            self.diary.append(Sent(deal.payer, {p: -amount for p, amount in parts.items()}, self.now, gives_back=True))

    def _holds(self) -> Iterator[Deal]:
        return (deal for deal in self.deals.values() if deal.status == "pending")

    def _lines(self, payer: str) -> list[Sent]:
        return [line for line in self.diary if line.payer == payer]

    def _is_today(self, at: datetime) -> bool:
        return at.date() == self.now.date()


_ROLE = {name: getattr(limits_in("EUR", "user"), name) for name in limits_in("EUR", "user").__slots__}
