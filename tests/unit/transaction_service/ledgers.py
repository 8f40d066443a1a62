"""Small ledgers for the tests: given ids, a fixed clock."""

from __future__ import annotations

from datetime import UTC, datetime

from transaction_service.domain import Account, Decision, OpenAccount, PostTransfer, SavedAnswer, WorkingSet, decide
from transaction_service.domain.account import WORLD, world_account_id

NOW = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)
ZERO = "00000000-0000-7000-8000-000000000000"


def an_id(number: int) -> str:
    """The number-th id."""
    return f"00000000-0000-7000-8000-{number:012d}"


def opening(number: int, username: str, currency: str = "EUR") -> OpenAccount:
    """Open `username`'s account; user ids and account ids are made of the name."""
    return OpenAccount(
        id=an_id(number),
        account=f"account-{username}-{currency}",
        user_id=f"user-{username}",
        username=username,
        currency=currency,
        origin="user",
    )


def opening_the_world(number: int, currency: str = "EUR") -> OpenAccount:
    """Open the world's account."""
    return OpenAccount(
        id=an_id(number),
        account=world_account_id(currency),
        user_id=None,
        username=None,
        currency=currency,
        origin=WORLD,
    )


def granting(number: int, username: str, amount: int = 100_000, currency: str = "EUR") -> PostTransfer:
    """The sign-up grant."""
    return PostTransfer.grant(
        id=an_id(number),
        user_id=f"user-{username}",
        account=f"account-{username}-{currency}",
        amount=amount,
        currency=currency,
        traceparent=None,
    )


def paying(number: int, payer: str, payee: str, amount: int, *, key: str | None = None, **more) -> PostTransfer:
    """A payment between two people, with a key of its own unless one is given."""
    fields = {"currency": "EUR", "fingerprint": f"{payee}/{amount}", **more}
    return PostTransfer(
        id=an_id(10_000 + number),
        key=f"user-{payer}/{key or number}",
        amount=amount,
        owner=f"user-{payer}",
        owner_username=payer,
        payee_username=payee,
        **fields,
    )


class Ledger:
    """Decides batch after batch as the writer does, keeping all in memory: what `decide` is to be told, it is told."""

    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {}
        self.records = []
        self.saved: dict[str, SavedAnswer] = {}

    def decide(self, *commands) -> Decision:
        known = WorkingSet(len(self.records), list(self.accounts.values()), dict(self.saved))
        decision = decide(known, commands, NOW)
        for account in (*decision.opened, *decision.changed):
            self.accounts[account.id] = account
        for record in decision.records:
            self.records.append(record)
            self.saved[record.key] = SavedAnswer(record.command_id, record.fingerprint, record.answer)
        return decision

    def posted(self, username: str, currency: str = "EUR") -> int:
        return self.accounts[f"account-{username}-{currency}"].posted


def a_ledger(*usernames: str) -> Ledger:
    """The world, and each user with an account and EUR 1,000.00."""
    ledger = Ledger()
    ledger.decide(opening_the_world(1))
    for number, username in enumerate(usernames):
        ledger.decide(opening(100 + number, username), granting(200 + number, username))
    return ledger
