"""An account, and the entries that its history is made of."""

from __future__ import annotations

from dataclasses import dataclass, replace

from contracts.ledger_chain import GENESIS_HASH, WORLD, entry_hash


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
class Account:
    """What the ledger knows of an account before it decides. `posted` is its balance in minor units.

    `origin` tells whose money it is: a user's, a demo's, a probe's or the outside world's. Only the world may be
    negative, so that the sum over all accounts of a currency is always 0.
    """

    id: str
    user_id: str | None
    username: str | None
    currency: str
    purpose: str
    origin: str
    posted: int = 0
    seq: int = 0
    last_hash: str = GENESIS_HASH

    @property
    def available(self) -> int:
        """What may be spent now, in minor units."""
        return self.posted

    def covers(self, amount: int) -> bool:
        """Whether `amount` may leave this account."""
        return self.origin == WORLD or amount <= self.available

    def move(self, amount: int, transfer_id: str, position: int) -> tuple[Account, Entry]:
        """Book a signed `amount`; returns the account as it is then and the entry that says so."""
        seq, balance = self.seq + 1, self.posted + amount
        digest = entry_hash(self.last_hash, self.id, seq, amount, balance, transfer_id, position)
        entry = Entry(account=self.id, seq=seq, amount=amount, balance_after=balance, hash=digest)
        return replace(self, posted=balance, seq=seq, last_hash=digest), entry


def world_account_id(currency: str) -> str:
    """The account that stands for everything outside the platform, one per currency."""
    return f"{WORLD}:{currency}"
