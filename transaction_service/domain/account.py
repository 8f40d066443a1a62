"""An account, and the entries that its history is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID, uuid5

from contracts.ledger_chain import GENESIS_HASH, WORLD, entry_hash

WORLD_CREDIT = 2**62
"""How far below 0 the world's account of a currency may be, in minor units. Since nothing else is ever negative and all
sum to 0, no balance and no sum of holds is more than this, and each fits the 64 bits that MongoDB has for it."""
ACCOUNT_IDS = UUID("6b0a2f0e-2f2c-5c63-9a0e-3d6d2f0f6f4e")
"""Namespace of the ids that are derived from a user's id, so that a repeated command has the same id."""


class Status(StrEnum):
    """What an account may still be used for. A frozen one can't pay or be paid; a closed one is empty for ever."""

    OPEN = "open"
    FROZEN = "frozen"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Entry:
    """One movement on one account: `amount` is signed, in minor units; `seq` counts the account's entries from 1.

    `hash` chains the entry to the account's previous one, so that a changed, missing or inserted entry is seen.
    """

    account: str
    seq: int
    amount: int
    balance_after: int
    hash: str


@dataclass(frozen=True, slots=True)
class PendingChange:
    """What a record adds to the sums of an account's holds: `out` it may not spend, `into` is promised to it."""

    account: str
    out: int = 0
    into: int = 0


class Account(NamedTuple):
    """What the ledger knows of an account before it decides. Amounts are in minor units.

    `posted` is the balance that entries made; `pending_out` and `pending_in` are the sums of open holds. `origin` tells
    whose money it is: a user's, a demo's, a probe's or the outside world's. Only the world may be negative, so that
    the sum over all accounts of a currency is always 0.

    A user's main account of a currency also counts what the user sent in it: `spent` on the UTC day `day`, and `sent`
    payments in the UTC minute `minute`; `limits` are those that were set for this user alone. `plans` is how many
    scheduled transfers any account is to pay.

    A tuple, since every transfer makes three new ones, and of a frozen dataclass each costs three times as much.
    """

    id: str
    user_id: str | None
    username: str | None
    currency: str
    purpose: str
    origin: str
    status: str = Status.OPEN
    posted: int = 0
    pending_in: int = 0
    pending_out: int = 0
    seq: int = 0
    last_hash: str = GENESIS_HASH
    day: str = ""
    spent: int = 0
    minute: str = ""
    sent: int = 0
    limits: Mapping[str, int] | None = None
    plans: int = 0

    @property
    def available(self) -> int:
        """What may be spent now, in minor units."""
        return self.posted - self.pending_out + (WORLD_CREDIT if self.origin == WORLD else 0)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is in it and nothing is promised from it or to it."""
        return self.posted == self.pending_in == self.pending_out == 0

    def covers(self, amount: int) -> bool:
        """Whether `amount` may leave this account."""
        return amount <= self.available

    def move(self, amount: int, transfer_id: str, position: int) -> tuple[Account, Entry]:
        """Book a signed `amount`; returns the account as it is then and the entry that says so."""
        seq, balance = self.seq + 1, self.posted + amount
        digest = entry_hash(self.last_hash, self.id, seq, amount, balance, transfer_id, position)
        entry = Entry(account=self.id, seq=seq, amount=amount, balance_after=balance, hash=digest)
        return self._replace(posted=balance, seq=seq, last_hash=digest), entry

    def with_pending(self, change: PendingChange) -> Account:
        """The account after a hold on it was made, captured or given up."""
        return self._replace(pending_out=self.pending_out + change.out, pending_in=self.pending_in + change.into)


def world_account_id(currency: str) -> str:
    """The account that stands for everything outside the platform, one per currency."""
    return f"{WORLD}:{currency}"


def user_account_id(user_id: str, currency: str, purpose: str) -> str:
    """The id of a user's account: always the same one, whoever asks for it to be opened first."""
    return str(uuid5(ACCOUNT_IDS, f"account:{user_id}:{currency}:{purpose}"))
