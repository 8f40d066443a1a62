"""The journal decided again: the same rules, asked the same questions at the same times, must give the same answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from transaction_service.domain.book import Book, WorkingSet
from transaction_service.domain.commands import (
    DEPOSIT,
    GRANT,
    WITHDRAWAL,
    AccountAct,
    Act,
    ChangeAccount,
    ChangeLimits,
    FollowUp,
    Keyed,
    OpenAccount,
    Payee,
    PostTransfer,
)
from transaction_service.domain.decide import act
from transaction_service.domain.follow_ups import REVERSAL
from transaction_service.domain.journal import Outcome, Record
from transaction_service.domain.transfer import Transfer

JournalDocument = Mapping[str, Any]

_ACCOUNT_ACTS = {"frozen": AccountAct.FREEZE, "unfrozen": AccountAct.UNFREEZE, "closed": AccountAct.CLOSE}
_ENDS = {"captured": Act.CAPTURE, "voided": Act.VOID, "expired": Act.EXPIRE}
_ATTEMPTS = {"capture": Act.CAPTURE, "void": Act.VOID, "refund": Act.REFUND, "reversal": Act.REVERSE}


class History:
    """Holds the ledger as it was after the last record that was decided again.

    `posted` finds a transfer that was posted at once by its id, for what is done about it later.
    """

    def __init__(self, posted: Callable[[str], Transfer | None]) -> None:
        self._posted = posted
        self._book: Book | None = None

    def decide(self, document: JournalDocument) -> Record | None:
        """What the rules decide on what the record says was asked; None where they would write nothing.

        Records come in order, from the first. Raises AssertionError where the rules can't have been asked that.
        """
        book = self._book
        if book is None:
            book = self._book = Book(WorkingSet(head=0), document["at"])
        book.turn_to(document["at"])
        book.head = document["_id"] - 1
        book.saved.clear()
        command = command_of(document)
        if isinstance(command, FollowUp) and command.transfer not in book.transfers:
            transfer = self._posted(command.transfer)
            if transfer is not None:
                book.transfers[transfer.id] = transfer
        act(book, command)
        return book.records[0] if book.records else None


def command_of(document: JournalDocument) -> Keyed:
    """The command that a journal document is the decision of."""
    outcome, body = document["outcome"], document["body"]
    if outcome == Outcome.OPENED:
        return _opening(document, body["account"])
    if "account" in body:
        return _account_change(document)
    if "of" in document or outcome == Outcome.REFUNDED:
        return _follow_up(document)
    return _transfer(document)


def _asked(document: JournalDocument) -> dict[str, Any]:
    return {
        "id": document["command_id"],
        "key": document["key"],
        "fingerprint": document["fingerprint"],
        "traceparent": document["traceparent"],
    }


def _opening(document: JournalDocument, account: Mapping[str, Any]) -> OpenAccount:
    return OpenAccount(
        id=document["command_id"],
        account=account["id"],
        user_id=account["user_id"],
        username=account["username"],
        currency=account["currency"],
        origin=account["origin"],
        purpose=account["purpose"],
        traceparent=document["traceparent"],
    )


def _account_change(document: JournalDocument) -> ChangeAccount | ChangeLimits:
    body, actor = document["body"], document["actor"]
    fields = _asked(document) | {
        "account": body["account"]["id"],
        "actor": actor["id"],
        "role": actor["role"],
        "reason": body["reason"],
    }
    if document["outcome"] == Outcome.LIMITS_CHANGED:
        return ChangeLimits(limits=body["limits"], **fields)
    return ChangeAccount(act=_ACCOUNT_ACTS[document["outcome"]], **fields)


def _transfer(document: JournalDocument) -> PostTransfer:
    body, actor = document["body"], document["actor"]
    type, payer = body["type"], body["payer"]
    by_staff = type in (DEPOSIT, WITHDRAWAL)
    return PostTransfer(
        **_asked(document),
        payees=tuple(_payee(payee, payer["username"]) for payee in body["payees"]),
        currency=body["currency"],
        owner=None if by_staff or type == GRANT else actor["id"],
        owner_username=payer["username"],
        role=actor["role"],
        payer_account=None if type == WITHDRAWAL else payer["account"],
        note=body["note"],
        type=type,
        expires_at=body.get("expires_at"),
        execute_at=body.get("execute_at"),
        actor=actor["id"] if by_staff else None,
    )


def _payee(payee: Mapping[str, Any], payer: str | None) -> Payee:
    """Others are paid by name, one's own accounts and the world's by account."""
    by_account = payee["account"] is not None and payee["username"] in (None, payer)
    if by_account:
        return Payee(payee["amount"], account=payee["account"])
    return Payee(payee["amount"], username=payee["username"])


def _follow_up(document: JournalDocument) -> FollowUp:
    body, actor = document["body"], document["actor"]
    doing = _act_of(document)
    amount = None if doing in (Act.VOID, Act.EXPIRE, Act.EXECUTE) else body["amount"]
    return FollowUp(
        **_asked(document),
        act=doing,
        transfer=document["of"] if "of" in document else document["original"],
        actor=actor["id"],
        role=actor["role"],
        amount=amount,
        payee=_named_payee(document) if doing is Act.REVERSE else None,
        note=body["note"] if doing in (Act.REFUND, Act.REVERSE) else "",
    )


def _act_of(document: JournalDocument) -> Act:
    outcome, body = document["outcome"], document["body"]
    if outcome == Outcome.REFUNDED:
        return Act.REVERSE if body["type"] == REVERSAL else Act.REFUND
    if outcome in _ENDS:
        return _ENDS[outcome]
    return Act.EXECUTE if body["id"] == document["of"] else _ATTEMPTS[body["type"]]


def _named_payee(document: JournalDocument) -> str | None:
    """Whom a reversal was to take from: who pays, or, where that was not clear, who was named."""
    body = document["body"]
    name = body["payee"] if "payee" in body else body["payer"]["username"]
    return None if name is None else str(name)
