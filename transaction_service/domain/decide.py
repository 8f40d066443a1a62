"""The decision: what the ledger answers and writes, as a pure function of what it knows.

The writer, the tests, the replay and the model checker all call `decide` as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from transaction_service.domain.account import Account, Entry
from transaction_service.domain.commands import MAIN, Command, OpenAccount, PostTransfer
from transaction_service.domain.journal import Answer, Outcome, Reason, Record, rfc3339


@dataclass(frozen=True, slots=True)
class SavedAnswer:
    """What an idempotency key was used for, and what was answered then."""

    command_id: str
    fingerprint: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class WorkingSet:
    """All that a batch of commands needs to know: the last position, the accounts they name, their keys' answers."""

    head: int
    accounts: Sequence[Account] = ()
    saved: dict[str, SavedAnswer] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decision:
    """An answer per command, in their order, and what must be written, all or nothing, before any is given."""

    answers: list[Answer]
    records: list[Record]
    opened: list[Account]
    changed: list[Account]
    head: int


def decide(known: WorkingSet, commands: Iterable[Command], now: datetime) -> Decision:
    """Decide the commands one after the other, each on what the ones before it left.

    `now` is UTC. Never raises for anything a caller may send; a broken invariant of ours is an AssertionError.
    """
    book = _Book(known, now)
    answers = [book.decide(command) for command in commands]
    return book.decision(answers)


class _Book:
    """The working set while a batch is being decided."""

    def __init__(self, known: WorkingSet, now: datetime) -> None:
        self.now = now
        self.head = known.head
        self.saved = dict(known.saved)
        self.accounts = {account.id: account for account in known.accounts}
        self.by_username: dict[str, list[str]] = {}
        for account in known.accounts:
            self._list_username(account)
        self.records: list[Record] = []
        self.opened: dict[str, None] = {}
        self.changed: dict[str, None] = {}

    def decision(self, answers: list[Answer]) -> Decision:
        return Decision(
            answers=answers,
            records=self.records,
            opened=[self.accounts[id] for id in self.opened],
            changed=[self.accounts[id] for id in self.changed if id not in self.opened],
            head=self.head,
        )

    def decide(self, command: Command) -> Answer:
        saved = self.saved.get(command.key)
        if saved is None:
            return self._open(command) if isinstance(command, OpenAccount) else self._transfer(command)
        if saved.fingerprint != command.fingerprint:
            return Answer(Outcome.KEY_REUSED, {})
        # The same command handed over again (a front that lost its writer) is no repeat of the caller's.
        return Answer(saved.answer.outcome, saved.answer.body, replayed=saved.command_id != command.id)

    def _open(self, command: OpenAccount) -> Answer:
        account = Account(
            id=command.account,
            user_id=command.user_id,
            username=command.username,
            currency=command.currency,
            purpose=command.purpose,
            origin=command.origin,
        )
        assert account.id not in self.accounts, f"account {account.id} is open without its key"  # noqa: S101
        self.accounts[account.id] = account
        self.opened[account.id] = None
        self._list_username(account)
        view = {
            "id": account.id,
            "user_id": account.user_id,
            "currency": account.currency,
            "purpose": account.purpose,
            "origin": account.origin,
        }
        body = {"account": view, "position": self.head + 1}
        return self._record(command, Outcome.OPENED, body, {"account": view}, parties=(account.id,), key=account.id)

    def _transfer(self, command: PostTransfer) -> Answer:
        payer = self._payer(command)
        if isinstance(payer, Outcome):
            return Answer(payer, {})
        payee, reason = self._payee(command, payer)
        reason = reason or self._refusal(command, payer)
        if reason or payee is None:
            return self._reject(command, payer, payee, reason or Reason.UNKNOWN_PAYEE)
        return self._post(command, payer, payee)

    def _payer(self, command: PostTransfer) -> Account | Outcome:
        if command.payer_account is not None:
            account = self.accounts.get(command.payer_account)
            return account if account and account.user_id == command.owner else Outcome.NOT_YOUR_ACCOUNT
        own = [a for a in self._main_accounts(command.owner_username) if a.user_id == command.owner]
        if not own:
            return Outcome.NO_ACCOUNT
        return next((account for account in own if account.currency == command.currency), own[0])

    def _payee(self, command: PostTransfer, payer: Account) -> tuple[Account | None, Reason | None]:
        if command.payee_account is not None:
            candidates = [a for a in [self.accounts.get(command.payee_account)] if a]
        else:
            candidates = self._main_accounts(command.payee_username)
        if not candidates:
            return None, Reason.UNKNOWN_PAYEE
        payee = next((account for account in candidates if account.currency == command.currency), None)
        if payee is None or payer.currency != command.currency:
            return None, Reason.CURRENCY_MISMATCH
        return payee, Reason.SAME_ACCOUNT if payee.id == payer.id else None

    @staticmethod
    def _refusal(command: PostTransfer, payer: Account) -> Reason | None:
        return None if payer.covers(command.amount) else Reason.INSUFFICIENT_FUNDS

    def _post(self, command: PostTransfer, payer: Account, payee: Account) -> Answer:
        position = self.head + 1
        payer, debit = payer.move(-command.amount, command.id, position)
        payee, credit = payee.move(command.amount, command.id, position)
        for account in (payer, payee):
            self.accounts[account.id] = account
            self.changed[account.id] = None
        body = self._transfer_body(command, "posted", payer, payee)
        body |= {"posted_at": rfc3339(self.now), "balance_after": payer.posted}
        return self._record_transfer(command, Outcome.POSTED, body, payer, payee, (debit, credit))

    def _reject(self, command: PostTransfer, payer: Account, payee: Account | None, reason: Reason) -> Answer:
        body = self._transfer_body(command, "rejected", payer, payee)
        body |= {"rejected_at": rfc3339(self.now), "reason": str(reason)}
        if reason is Reason.INSUFFICIENT_FUNDS:
            body["available"] = payer.available
        return self._record_transfer(command, Outcome.REJECTED, body, payer, payee, ())

    def _transfer_body(
        self, command: PostTransfer, status: str, payer: Account, payee: Account | None
    ) -> dict[str, Any]:
        return {
            "id": command.id,
            "position": self.head + 1,
            "type": command.type,
            "status": status,
            "payer": {"account": payer.id, "username": payer.username},
            "payee": {
                "account": payee.id if payee else None,
                "username": payee.username if payee else command.payee_username,
            },
            "amount": command.amount,
            "currency": command.currency,
            "note": command.note,
        }

    def _record_transfer(
        self,
        command: PostTransfer,
        outcome: Outcome,
        body: dict[str, Any],
        payer: Account,
        payee: Account | None,
        entries: tuple[Entry, ...],
    ) -> Answer:
        posted = outcome is Outcome.POSTED
        event = {
            "id": command.id,
            "type": command.type,
            "status": body["status"],
            "reason": body.get("reason"),
            "amount": command.amount,
            "currency": command.currency,
            "payer": _party(payer, posted),
            "payees": [{**_party(payee, posted), "amount": command.amount}],
        }
        parties = (payer.id, payee.id) if posted and payee else (payer.id,)
        return self._record(command, outcome, body, {"transfer": event}, parties, payer.id, entries, transfer=body)

    def _record(
        self,
        command: Command,
        outcome: Outcome,
        body: dict[str, Any],
        event: dict[str, Any],
        parties: tuple[str, ...],
        key: str,
        entries: tuple[Entry, ...] = (),
        transfer: dict[str, Any] | None = None,
    ) -> Answer:
        self.head += 1
        answer = Answer(outcome, body)
        kind = "account" if outcome is Outcome.OPENED else "transfer"
        attributes = {
            "event_id": command.id,
            "type": f"{kind}.{outcome}",
            "position": self.head,
            "occurred_at": rfc3339(self.now),
        }
        self.records.append(
            Record(
                position=self.head,
                at=self.now,
                command_id=command.id,
                key=command.key,
                fingerprint=command.fingerprint,
                answer=answer,
                parties=parties,
                entries=entries,
                event=attributes | event,
                partition_key=key,
                transfer=transfer,
                traceparent=command.traceparent,
            )
        )
        self.saved[command.key] = SavedAnswer(command.id, command.fingerprint, answer)
        return answer

    def _main_accounts(self, username: str | None) -> list[Account]:
        ids = self.by_username.get(username or "", ())
        return [self.accounts[id] for id in ids if self.accounts[id].purpose == MAIN]

    def _list_username(self, account: Account) -> None:
        if account.username is not None:
            self.by_username.setdefault(account.username, []).append(account.id)


def _party(account: Account | None, moved: bool) -> dict[str, Any]:
    return {
        "account": account.id if account else None,
        "user_id": account.user_id if account else None,
        "balance_after": account.posted if account and moved else None,
        "origin": account.origin if account else None,
    }
