"""Small ledgers for the tests: given ids, a clock that stands still unless it is moved."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from contracts.moments import rfc3339
from transaction_service.domain import (
    Account,
    ChangeAccount,
    ChangeLimits,
    Decision,
    FollowUp,
    OpenAccount,
    Paid,
    Payee,
    PostTransfer,
    SavedAnswer,
    Transfer,
    WorkingSet,
    decide,
)
from transaction_service.domain.account import WORLD, world_account_id

NOW = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)
ZERO = "00000000-0000-7000-8000-000000000000"


def an_id(number: int) -> str:
    """The number-th id."""
    return f"00000000-0000-7000-8000-{number:012d}"


def later(**time: float) -> str:
    """A moment after NOW, as commands say it."""
    return rfc3339(NOW + timedelta(**time))


def opening(number: int, username: str, currency: str = "EUR", purpose: str = "main") -> OpenAccount:
    """Open `username`'s account; user ids and account ids are made of the name."""
    more = "" if purpose == "main" else f"-{purpose}"
    return OpenAccount(
        id=an_id(number),
        account=f"account-{username}-{currency}{more}",
        user_id=f"user-{username}",
        username=username,
        currency=currency,
        origin="user",
        purpose=purpose,
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
    return splitting(number, payer, {payee: amount}, key=key, **{"fingerprint": f"{payee}/{amount}", **more})


def splitting(number: int, payer: str, parts: dict[str, int], *, key: str | None = None, **more) -> PostTransfer:
    """A payment to several people."""
    fields = {"currency": "EUR", "fingerprint": repr(parts), **more}
    return PostTransfer(
        id=an_id(10_000 + number),
        key=f"user-{payer}/{key or number}",
        payees=tuple(Payee(amount, username=payee) for payee, amount in parts.items()),
        owner=f"user-{payer}",
        owner_username=payer,
        **fields,
    )


def holding(number: int, payer: str, payee: str, amount: int, **more) -> PostTransfer:
    """A hold, for an hour unless told otherwise."""
    return paying(number, payer, payee, amount, **{"expires_at": later(hours=1), **more})


def following(number: int, act: str, transfer: str, actor: str | None, amount: int | None = None, **more) -> FollowUp:
    """Something done about a transfer, by a user or (None) by the platform."""
    id = an_id(20_000 + number)
    user = None if actor is None else f"user-{actor}"
    fields = {"key": f"{user}/{id}", "fingerprint": f"{act}/{transfer}/{amount}", **more}
    return FollowUp(id=id, act=act, transfer=transfer, actor=user, amount=amount, **fields)


def changing(number: int, act: str, account: str, actor: str, **more) -> ChangeAccount:
    """Freeze, unfreeze or close an account."""
    id = an_id(30_000 + number)
    return ChangeAccount(
        id=id, key=f"user-{actor}/{id}", fingerprint=act, act=act, account=account, actor=f"user-{actor}", **more
    )


def limiting(number: int, account: str, **limits: int) -> ChangeLimits:
    """Set a user's own limits."""
    id = an_id(40_000 + number)
    return ChangeLimits(
        id=id, key=f"limits/{id}", fingerprint=repr(limits), account=account, limits=limits, actor="user-root"
    )


class Ledger:
    """Decides batch after batch as the writer does, keeping all in memory: what `decide` is to be told, it is told."""

    def __init__(self) -> None:
        self.now = NOW
        self.accounts: dict[str, Account] = {}
        self.records = []
        self.ids: set[str] = set()
        self.saved: dict[str, SavedAnswer] = {}
        self.transfers: dict[str, Transfer] = {}
        self.paid: dict[str, Paid] = {}

    def decide(self, *commands) -> Decision:
        decision = decide(self.known(), commands, self.now)
        for account in (*decision.opened, *decision.changed):
            self.accounts[account.id] = account
        self.transfers |= {transfer.id: transfer for transfer in decision.transfers}
        self.paid |= {paid.id: paid for paid in decision.paid}
        for record in decision.records:
            assert record.command_id not in self.ids, "as MongoDB's index refuses it"
            self.ids.add(record.command_id)
            self.records.append(record)
            self.saved[record.key] = SavedAnswer(record.command_id, record.fingerprint, record.answer)
        return decision

    def known(self) -> WorkingSet:
        """Everything: a real one reads only what the commands name."""
        at_once = {
            record.command_id: Transfer(record.command_id, record.answer.body, record.position, record.position)
            for record in self.records
            if record.answer.outcome in ("posted", "refunded") and record.of is None
        }
        transfers = list({**at_once, **self.transfers}.values())
        return WorkingSet(
            len(self.records), list(self.accounts.values()), dict(self.saved), transfers, list(self.paid.values())
        )

    def ask(self, command):
        """Decide one command; its answer."""
        return self.decide(command).answers[0]

    def pass_time(self, **time: float) -> None:
        self.now += timedelta(**time)

    def account(self, username: str, currency: str = "EUR") -> Account:
        return self.accounts[f"account-{username}-{currency}"]

    def posted(self, username: str, currency: str = "EUR") -> int:
        return self.account(username, currency).posted


def a_ledger(*usernames: str) -> Ledger:
    """The world, and each user with an account and EUR 1,000.00."""
    ledger = Ledger()
    ledger.decide(opening_the_world(1))
    for number, username in enumerate(usernames):
        ledger.decide(opening(100 + number, username), granting(200 + number, username))
    return ledger
