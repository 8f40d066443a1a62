"""The ledger's page while a batch is being decided: what is known, and what has been decided so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from transaction_service.domain.account import Account, Entry, PendingChange
from transaction_service.domain.commands import MAIN, Keyed, PostTransfer
from transaction_service.domain.journal import ACCOUNT_DECISIONS, Answer, Outcome, Record, event_type
from transaction_service.domain.limits import Moment, Paid, count, count_payee, count_plan, paid_id
from transaction_service.domain.rules import LATEST, SECOND
from transaction_service.domain.transfer import Transfer


@dataclass(frozen=True, slots=True)
class SavedAnswer:
    """What an idempotency key was used for, and what was answered then."""

    command_id: str
    fingerprint: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class WorkingSet:
    """All that a batch of commands needs to know: the last position, the accounts, transfers and counters that they
    touch, and the answers that their keys have had."""

    head: int
    accounts: Sequence[Account] = ()
    saved: Mapping[str, SavedAnswer] = field(default_factory=dict)
    transfers: Sequence[Transfer] = ()
    paid: Sequence[Paid] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """An answer per command, in their order, and what must be written, all or nothing, before any is given."""

    answers: list[Answer]
    records: list[Record]
    opened: list[Account]
    changed: list[Account]
    head: int
    transfers: list[Transfer]
    paid: list[Paid]


@dataclass(frozen=True, slots=True)
class Told:
    """What a record says besides its answer: its event's own part, who sees it and what moved."""

    event: Mapping[str, Any]
    parties: tuple[str, ...]
    partition_key: str
    entries: tuple[Entry, ...] = ()
    pending: tuple[PendingChange, ...] = ()
    of: str | None = None
    original: str | None = None
    actor: Mapping[str, str | None] | None = None


class Book:
    """The working set, changed by each decision, so that the next one stands on it.

    `rules` are those that hold: the latest, but where an older record is decided again.
    """

    def __init__(self, known: WorkingSet, now: datetime) -> None:
        self.rules = LATEST
        self.turn_to(now)
        self.head = known.head
        self.saved = dict(known.saved)
        self.accounts = {account.id: account for account in known.accounts}
        self.transfers = {transfer.id: transfer for transfer in known.transfers}
        self.paid = {paid.id: paid for paid in known.paid}
        self._of_username: dict[str, list[str]] = {}
        for account in known.accounts:
            self._list(account)

    def turn_to(self, now: datetime) -> None:
        """Begin a batch at the moment `now`: nothing is decided yet."""
        self.now = now
        self.moment = Moment.of(now)
        self.records: list[Record] = []
        self._opened: dict[str, None] = {}
        self._changed: dict[str, None] = {}
        self._changed_transfers: dict[str, None] = {}
        self._changed_paid: dict[str, None] = {}

    def fork(self) -> Book:
        """A copy to try something on."""
        copy = object.__new__(Book)
        copy.__dict__.update({name: _copied(value) for name, value in self.__dict__.items()})
        return copy

    def adopt(self, tried: Book) -> None:
        """Keep what was tried on a copy."""
        self.__dict__.update(tried.__dict__)

    def decision(self, answers: list[Answer]) -> Decision:
        return Decision(
            answers=answers,
            records=self.records,
            opened=[self.accounts[id] for id in self._opened],
            changed=[self.accounts[id] for id in self._changed if id not in self._opened],
            head=self.head,
            transfers=[self.transfers[id] for id in self._changed_transfers],
            paid=[self.paid[id] for id in self._changed_paid],
        )

    def accounts_of(self, username: str | None) -> list[Account]:
        """Every account of a user that the batch may touch."""
        accounts = self.accounts
        return [accounts[id] for id in self._of_username.get(username or "", ())]

    def main_accounts(self, username: str | None) -> list[Account]:
        """The accounts that a user pays from and is paid to by name, one per currency."""
        return [account for account in self.accounts_of(username) if account.purpose == MAIN]

    def main_account(self, username: str | None, currency: str) -> Account | None:
        for account in self.accounts_of(username):
            if account.purpose == MAIN and account.currency == currency:
                return account
        return None

    def open(self, account: Account) -> None:
        assert account.id not in self.accounts, f"account {account.id} is open without its key"  # noqa: S101
        self.accounts[account.id] = account
        self._opened[account.id] = None
        self._list(account)

    def put(self, account: Account) -> None:
        """Remember an account as it is now."""
        self.accounts[account.id] = account
        self._changed[account.id] = None

    def put_transfer(self, transfer: Transfer) -> None:
        """Remember a transfer as it is now."""
        self.transfers[transfer.id] = transfer
        self._changed_transfers[transfer.id] = None

    def move(self, account: str, amount: int, command_id: str) -> Entry:
        """Book a signed amount on an account, at the next position."""
        moved, entry = self.accounts[account].move(amount, command_id, self.head + 1)
        self.put(moved)
        return entry

    def hold(self, changes: tuple[PendingChange, ...]) -> None:
        """Change the sums of the accounts' holds."""
        for change in changes:
            self.put(self.accounts[change.account].with_pending(change))

    def count(self, spender: str, payees: Sequence[tuple[str, int]]) -> None:
        """Count what the owner of the main account `spender` sends, or gives back where the amounts are negative."""
        main = self.accounts[spender]
        assert main.user_id is not None, "only people have limits"  # noqa: S101
        self.put(count(main, sum(amount for _, amount in payees), self.moment))
        for account, amount in payees:
            id = paid_id(main.user_id, account)
            self.paid[id] = count_payee(main.user_id, account, self.paid.get(id), amount, self.moment)
            self._changed_paid[id] = None

    def plan(self, payer: str, more: int) -> None:
        """Count a scheduled transfer that was made (1) or has ended (-1) for the account that pays it."""
        if self.rules >= SECOND:
            self.put(count_plan(self.accounts[payer], more))

    def record(self, command: Keyed, outcome: Outcome, body: dict[str, Any], told: Told) -> Answer:
        """Write a decision down at the next position."""
        self.head += 1
        answer = Answer(outcome, body)
        event = {
            "event_id": command.id,
            "type": event_type(outcome),
            "position": self.head,
            "occurred_at": self.moment.at,
            **told.event,
        }
        self.records.append(
            Record(
                position=self.head,
                at=self.now,
                command_id=command.id,
                key=command.key,
                fingerprint=command.fingerprint,
                answer=answer,
                parties=told.parties,
                entries=told.entries,
                event=event,
                partition_key=told.partition_key,
                traceparent=command.traceparent,
                of=told.of,
                original=told.original,
                pending=told.pending,
                actor=told.actor,
                by_account=command.by_account if isinstance(command, PostTransfer) else None,
                rules=self.rules,
            )
        )
        self.saved[command.key] = SavedAnswer(command.id, command.fingerprint, answer)
        return answer

    def record_account(
        self, command: Keyed, outcome: Outcome, account: Account, actor: Mapping[str, str | None] | None, **more: Any
    ) -> Answer:
        """Write down what became of an account."""
        assert outcome in ACCOUNT_DECISIONS, outcome  # noqa: S101
        body = {"account": told_owner(account), "position": self.head + 1, **more}
        told = Told({"account": _named(account)}, parties=(account.id,), partition_key=account.id, actor=actor)
        return self.record(command, outcome, body, told)

    def _list(self, account: Account) -> None:
        if account.username is not None:
            self._of_username.setdefault(account.username, []).append(account.id)


def told_owner(account: Account) -> dict[str, Any]:
    """An account as its owner and the staff are told of it."""
    return {**_named(account), "username": account.username, "status": str(account.status)}


def _named(account: Account) -> dict[str, Any]:
    """As events name it."""
    return {
        "id": account.id,
        "user_id": account.user_id,
        "currency": account.currency,
        "purpose": account.purpose,
        "origin": account.origin,
    }


def _copied(value: Any) -> Any:
    """Deep enough to change a copy: what a Book holds are values in dictionaries and lists."""
    if isinstance(value, dict):
        return {key: list(item) if isinstance(item, list) else item for key, item in value.items()}
    return list(value) if isinstance(value, list) else value


def party(account: Account | None, *, moved: bool) -> dict[str, Any]:
    """A side of a transfer as events tell it: no names, and a balance only where money moved."""
    if account is None:
        return {"account": None, "user_id": None, "balance_after": None, "origin": None}
    return {
        "account": account.id,
        "user_id": account.user_id,
        "balance_after": account.posted if moved else None,
        "origin": account.origin,
    }
