"""What is done about a transfer that exists: capture, void, expiry, execution, refund, reversal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from transaction_service.domain.account import Account, PendingChange, Status
from transaction_service.domain.book import Book, Told
from transaction_service.domain.commands import DEPOSIT, GRANT, PAYMENT, WITHDRAWAL, Act, FollowUp
from transaction_service.domain.journal import Answer, Outcome, Reason
from transaction_service.domain.payments import (
    Leg,
    Refusal,
    book_entries,
    event_of,
    execute,
    record_refusal,
)
from transaction_service.domain.rules import SECOND
from transaction_service.domain.transfer import Transfer

STAFF = ("support", "admin")
"""The roles that act on what is other people's, each time under their own name, and never on what is their own."""
REFUND = "refund"
REVERSAL = "reversal"
AT_HOLDS = ("capture", "void")
UNKNOWN = Answer(Outcome.UNKNOWN_TRANSFER, {})
NOT_DUE = Answer(Outcome.NOT_DUE, {})


def follow_up(book: Book, command: FollowUp) -> Answer:
    """Decide what is to be done about a transfer. To strangers a transfer doesn't exist."""
    transfer = book.transfers.get(command.transfer)
    if transfer is None:
        return UNKNOWN
    return _ACTS[Act(command.act)](book, command, transfer)


def _capture(book: Book, command: FollowUp, transfer: Transfer) -> Answer:
    if not _sides_of(book, command, transfer):
        return UNKNOWN
    amount = transfer.body["amount"] if command.amount is None else command.amount
    refusal = _capture_refusal(book, transfer, amount)
    if refusal is not None:
        return _refuse(book, command, transfer, "capture", amount, refusal)
    held = _legs(book, transfer)
    legs = held if amount == transfer.body["amount"] else [replace(held[0], amount=amount)]
    release = _release(transfer)
    _give_back(
        book,
        transfer,
        [(leg.account.id, part.amount - leg.amount) for part, leg in zip(held, legs, strict=True) if leg.account],
    )
    body = {
        **transfer.body,
        "position": book.head + 1,
        "status": "posted",
        "held": transfer.body["amount"],
        "amount": amount,
        "payees": [{**payee, "amount": leg.amount} for payee, leg in zip(transfer.body["payees"], legs, strict=True)],
        "posted_at": book.moment.at,
    }
    payer = book.accounts[transfer.payer]
    actor = _actor(command)
    answer = book_entries(
        book, command, Outcome.CAPTURED, body, payer, legs, pending=release, of=transfer.id, actor=actor
    )
    book.put_transfer(replace(transfer, body=body, last=book.head))
    return answer


def _capture_refusal(book: Book, transfer: Transfer, amount: int) -> Refusal | None:
    if transfer.status != "pending" or transfer.body["expires_at"] <= book.moment.at:
        return Refusal.of(Reason.NOT_PENDING)
    if amount != transfer.body["amount"] and len(transfer.payees) > 1:
        # First, since what is held for all of them together is not for each to know.
        return Refusal.of(Reason.PAYEE_NOT_NAMED)
    if amount > transfer.body["amount"]:
        return Refusal.of(Reason.EXCEEDS_HOLD, held=transfer.body["amount"])
    if book.accounts[transfer.payer].status != Status.OPEN:
        return Refusal.of(Reason.ACCOUNT_FROZEN)
    if any(book.accounts[account].status != Status.OPEN for account, _ in transfer.payees):
        return Refusal.of(Reason.PAYEE_UNAVAILABLE)
    return None


def _void(book: Book, command: FollowUp, transfer: Transfer) -> Answer:
    if transfer.status == "scheduled":
        if book.accounts[transfer.payer].user_id != command.actor:
            return UNKNOWN
        return _end(book, command, transfer, Outcome.VOIDED)
    if not _sides_of(book, command, transfer):
        return UNKNOWN
    if transfer.status != "pending":
        return _refuse(book, command, transfer, "void", transfer.body["amount"], Refusal.of(Reason.NOT_PENDING))
    return _end(book, command, transfer, Outcome.VOIDED)


def _expire(book: Book, command: FollowUp, transfer: Transfer) -> Answer:
    if transfer.status != "pending" or transfer.body["expires_at"] > book.moment.at:
        return NOT_DUE
    return _end(book, command, transfer, Outcome.EXPIRED)


def _execute(book: Book, command: FollowUp, transfer: Transfer) -> Answer:
    if transfer.status != "scheduled" or transfer.body["execute_at"] > book.moment.at:
        return NOT_DUE
    return execute(book, command, transfer)


def _end(book: Book, command: FollowUp, transfer: Transfer, outcome: Outcome) -> Answer:
    """A hold or a plan ends without money having moved."""
    held = transfer.status == "pending"
    if not held:
        book.plan(transfer.payer, -1)
    release = _release(transfer) if held else ()
    legs = _legs(book, transfer)
    if held:
        _give_back(book, transfer, [(leg.account.id, leg.amount) for leg in legs if leg.account])
    book.hold(release)
    status = str(outcome)
    body = {**transfer.body, "position": book.head + 1, "status": status, f"{status}_at": book.moment.at}
    payer = book.accounts[transfer.payer]
    told = Told(
        event={"transfer": event_of(book, body, payer, legs, moved=False)},
        parties=(transfer.payer, *(account for account, _ in transfer.payees if held)),
        partition_key=transfer.payer,
        pending=release,
        of=transfer.id,
        actor=_actor(command),
    )
    answer = book.record(command, outcome, body, told)
    book.put_transfer(replace(transfer, body=body, last=book.head, plan=None))
    return answer


def _refund(book: Book, command: FollowUp, transfer: Transfer) -> Answer:
    own = [account for account, _ in transfer.payees if _owns(book, command.actor, account)]
    if not own:
        # The payer knows of the transfer, but it isn't theirs to give back.
        is_payer = _owns(book, command.actor, transfer.payer)
        return Answer(Outcome.NOT_YOUR_ACCOUNT, {}) if is_payer else UNKNOWN
    payer = book.accounts[own[0]]
    refusal = None if transfer.body["type"] == PAYMENT else Refusal.of(Reason.NOT_REFUNDABLE)
    if payer.status != Status.OPEN:
        refusal = refusal or Refusal.of(Reason.ACCOUNT_FROZEN)
    return _pay_back(book, command, transfer, REFUND, payer, refusal)


def _reverse(book: Book, command: FollowUp, transfer: Transfer) -> Answer:
    if command.role not in STAFF:
        return UNKNOWN
    if any(_owns(book, command.actor, account) for account in transfer.accounts):
        return Answer(Outcome.OWN_ACCOUNT, {})
    named = [
        account
        for account, _ in transfer.payees
        if command.payee is None or (account in book.accounts and book.accounts[account].username == command.payee)
    ]
    payer = book.accounts.get(named[0]) if named and named[0] else None
    if len(named) != 1 or payer is None:
        amount = transfer.body["amount"]
        unclear = Refusal.of(Reason.PAYEE_NOT_NAMED, payee=command.payee)
        return _refuse(book, command, transfer, REVERSAL, amount, unclear)
    refundable = transfer.body["type"] in (PAYMENT, DEPOSIT, WITHDRAWAL, GRANT)
    refusal = None if refundable else Refusal.of(Reason.NOT_REFUNDABLE)
    return _pay_back(book, command, transfer, REVERSAL, payer, refusal)


def _pay_back(
    book: Book, command: FollowUp, transfer: Transfer, type: str, payer: Account, refusal: Refusal | None
) -> Answer:
    """A transfer of its own, from who was paid to who paid, that names the one it corrects."""
    left = transfer.left_to_refund(payer.id)
    amount = left if command.amount is None else command.amount
    payee = book.accounts[transfer.payer]
    refusal = refusal or _pay_back_refusal(book, transfer, type, payer, amount)
    if refusal is not None:
        return _refuse(book, command, transfer, type, amount or transfer.body["amount"], refusal, payer)
    legs = [Leg.to(payee, amount)]
    body = _body(book, command, transfer, type, "posted", payer, legs)
    answer = book_entries(book, command, Outcome.REFUNDED, body, payer, legs, actor=_actor(command))
    refunded = {**transfer.refunded, payer.id: transfer.refunded.get(payer.id, 0) + amount}
    book.put_transfer(replace(transfer, refunded=refunded))
    return answer


def _pay_back_refusal(book: Book, transfer: Transfer, type: str, payer: Account, amount: int) -> Refusal | None:
    left = transfer.left_to_refund(payer.id)
    if transfer.status != "posted":
        return Refusal.of(Reason.NOT_REFUNDABLE)
    if amount > left or amount == 0:
        return Refusal.of(Reason.EXCEEDS_PAID, left=left)
    if not _is_paid_back(book, book.accounts[transfer.payer], type):
        return Refusal.of(Reason.PAYEE_UNAVAILABLE)
    if not payer.covers(amount):
        return Refusal.of(Reason.INSUFFICIENT_FUNDS, available=payer.available)
    return None


def _is_paid_back(book: Book, payee: Account, type: str) -> bool:
    """Nobody pays a frozen account, but what the staff reverse belongs to its owner all the same."""
    if payee.status == Status.FROZEN:
        return type == REVERSAL or book.rules < SECOND
    return payee.status != Status.CLOSED


def _refuse(
    book: Book,
    command: FollowUp,
    transfer: Transfer,
    type: str,
    amount: int,
    refusal: Refusal,
    payer: Account | None = None,
) -> Answer:
    """An attempt that was refused is written with its key, as one of its own: the transfer is what it was.

    An attempt at a hold is in the history of who tried, however often, and not of whom they tried it on.
    """
    payback = payer is not None
    payer = payer or book.accounts[transfer.payer]
    legs = [Leg.to(book.accounts[transfer.payer], amount)] if payback else _legs(book, transfer)
    body = _body(book, command, transfer, type, "rejected", payer, legs) | {"amount": amount}
    parties = _sides_of(book, command, transfer) if type in AT_HOLDS and book.rules >= SECOND else ()
    actor = _actor(command)
    return record_refusal(book, command, body, payer, legs, refusal, of=transfer.id, actor=actor, parties=parties)


def _body(
    book: Book, command: FollowUp, transfer: Transfer, type: str, status: str, payer: Account, legs: Sequence[Leg]
) -> dict[str, Any]:
    return {
        "id": command.id,
        "position": book.head + 1,
        "type": type,
        "status": status,
        "payer": {"account": payer.id, "username": payer.username},
        "payees": [
            {"account": leg.account.id if leg.account else None, "username": leg.username, "amount": leg.amount}
            for leg in legs
        ],
        "amount": sum(leg.amount for leg in legs),
        "currency": transfer.body["currency"],
        "note": command.note,
        "original": transfer.id,
        f"{status}_at": book.moment.at,
    }


def _legs(book: Book, transfer: Transfer) -> list[Leg]:
    return [
        Leg(payee["amount"], book.accounts.get(payee["account"] or ""), payee["username"])
        for payee in transfer.body["payees"]
    ]


def _release(transfer: Transfer) -> tuple[PendingChange, ...]:
    return (
        PendingChange(transfer.payer, out=-transfer.body["amount"]),
        *(PendingChange(account, into=-amount) for account, amount in transfer.payees),
    )


def _give_back(book: Book, transfer: Transfer, unused: list[tuple[str, int]]) -> None:
    """What a hold took of its day's limits and didn't use, while it is still that day."""
    rest = [(account, -amount) for account, amount in unused if amount]
    if transfer.spender is not None and rest and transfer.body["pending_at"][:10] == book.moment.day:
        own = book.accounts[transfer.payer].user_id
        book.count(transfer.spender, [part for part in rest if book.accounts[part[0]].user_id != own])


def _sides_of(book: Book, command: FollowUp, transfer: Transfer) -> tuple[str, ...]:
    """The accounts of whoever asks that are in the transfer. Who is paid by a scheduled one doesn't know of it yet."""
    payees = [] if transfer.status == "scheduled" else [account for account, _ in transfer.payees]
    return tuple(account for account in (transfer.payer, *payees) if _owns(book, command.actor, account))


def _owns(book: Book, user: str | None, account: str | None) -> bool:
    found = book.accounts.get(account or "")
    return user is not None and found is not None and found.user_id == user


def _actor(command: FollowUp) -> dict[str, str | None]:
    return {"id": command.actor, "role": command.role}


_ACTS: dict[Act, Callable[[Book, FollowUp, Transfer], Answer]] = {
    Act.CAPTURE: _capture,
    Act.VOID: _void,
    Act.EXPIRE: _expire,
    Act.EXECUTE: _execute,
    Act.REFUND: _refund,
    Act.REVERSE: _reverse,
}
