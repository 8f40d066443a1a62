"""The decision: what the ledger answers and writes, as a pure function of what it knows.

The writer, the tests, the replay and the model checker all call `decide` as it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from transaction_service.domain.account import Status
from transaction_service.domain.book import Book, Decision, WorkingSet
from transaction_service.domain.commands import (
    Atomic,
    ChangeAccount,
    ChangeLimits,
    Command,
    FollowUp,
    Keyed,
    OpenAccount,
    PostTransfer,
)
from transaction_service.domain.follow_ups import follow_up
from transaction_service.domain.holders import change_account, change_limits, open_account
from transaction_service.domain.journal import ACCEPTED, Answer, Outcome
from transaction_service.domain.payments import post


def decide(known: WorkingSet, commands: Iterable[Command], now: datetime) -> Decision:
    """Decide the commands one after the other, each on what the ones before it left.

    `now` is UTC. Never raises for anything a caller may send; a broken invariant of ours is an AssertionError.
    """
    book = Book(known, now)
    answers = [_decide(book, command) for command in commands]
    return book.decision(answers)


def _decide(book: Book, command: Command) -> Answer:
    if isinstance(command, Atomic):
        return _all_or_nothing(book, command)
    if isinstance(command, PostTransfer) and command.dry_run:
        return _tried(book, command)
    saved = book.saved.get(command.key)
    if saved is None:
        return act(book, command)
    if saved.fingerprint != command.fingerprint:
        return Answer(Outcome.KEY_REUSED, {})
    if isinstance(command, OpenAccount) and _is_closed(book, saved.answer.body):
        return Answer(Outcome.ACCOUNT_CLOSED, {})
    # The same command handed over again (a front that lost its writer) is no repeat of the caller's.
    return Answer(saved.answer.outcome, saved.answer.body, replayed=saved.command_id != command.id)


def act(book: Book, command: Keyed) -> Answer:
    """Decide one command as if nobody had asked for it before."""
    match command:
        case PostTransfer():
            return post(book, command)
        case FollowUp():
            return follow_up(book, command)
        case OpenAccount():
            return open_account(book, command)
        case ChangeAccount():
            return change_account(book, command)
        case ChangeLimits():
            return change_limits(book, command)


def _tried(book: Book, command: PostTransfer) -> Answer:
    """What would become of a transfer, decided on a copy that is thrown away."""
    answer = post(book.fork(), command)
    return Answer(answer.outcome, {**_without_place(answer.body), "dry_run": True})


def _all_or_nothing(book: Book, batch: Atomic) -> Answer:
    tried = book.fork()
    answers = [_decide(tried, command) for command in batch.commands]
    accepted = all(answer.outcome in ACCEPTED for answer in answers)
    if accepted:
        book.adopt(tried)
    # A key that stands twice in a batch that was refused had no answer before: nothing was booked with it.
    results: list[dict[str, Any]] = [
        {
            "outcome": str(answer.outcome),
            "replayed": answer.replayed and command.key in book.saved,
            "body": answer.body if accepted or command.key in book.saved else _without_place(answer.body),
        }
        for command, answer in zip(batch.commands, answers, strict=True)
    ]
    return Answer(Outcome.POSTED if accepted else Outcome.REJECTED, {"results": results})


def _without_place(body: dict[str, Any]) -> dict[str, Any]:
    """What is told of a transfer that doesn't stand in the journal."""
    return {name: value for name, value in body.items() if name not in ("id", "position")}


def _is_closed(book: Book, opened: dict[str, Any]) -> bool:
    account = book.accounts.get(opened["account"]["id"])
    return account is not None and account.status == Status.CLOSED
