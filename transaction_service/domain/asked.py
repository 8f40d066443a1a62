"""What was asked of the ledger, read from the record of what was decided."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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
from transaction_service.domain.follow_ups import REVERSAL
from transaction_service.domain.journal import Outcome
from transaction_service.domain.limits import PLANS

JournalDocument = Mapping[str, Any]

_ACCOUNT_ACTS = {"frozen": AccountAct.FREEZE, "unfrozen": AccountAct.UNFREEZE, "closed": AccountAct.CLOSE}
_ENDS = {"captured": Act.CAPTURE, "voided": Act.VOID, "expired": Act.EXPIRE}
_ATTEMPTS = {"capture": Act.CAPTURE, "void": Act.VOID, "refund": Act.REFUND, "reversal": Act.REVERSE}


def command_of(document: JournalDocument) -> Keyed:
    """The command that a journal document is the decision of."""
    outcome, body = document["outcome"], document["body"]
    if outcome == Outcome.OPENED:
        return _opening(document, body["account"])
    if "account" in body:
        return _account_change(document)
    if "of" in document or outcome == Outcome.REFUNDED:
        return _follow_up(document)
    return posting_of(document)


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


def posting_of(document: JournalDocument) -> PostTransfer:
    """The new transfer that a journal document is the decision of."""
    body, actor = document["body"], document["actor"]
    type, payer = body["type"], body["payer"]
    by_staff = type in (DEPOSIT, WITHDRAWAL)
    return PostTransfer(
        **_asked(document),
        payees=_payees(document),
        currency=body["currency"],
        owner=None if by_staff or type == GRANT else actor["id"],
        owner_username=payer["username"],
        role=actor["role"],
        payer_account=None if type == WITHDRAWAL else payer["account"],
        note=body["note"],
        type=type,
        expires_at=body.get("expires_at"),
        # A refused one doesn't tell its moment, and any other would have been refused alike.
        execute_at=body["rejected_at"] if body.get("limit") == PLANS else body.get("execute_at"),
        actor=actor["id"] if by_staff else None,
    )


def _payees(document: JournalDocument) -> tuple[Payee, ...]:
    """By the account that was named, or else by name."""
    payees = document["body"]["payees"]
    accounts = document.get("by_account") or [None] * len(payees)
    return tuple(
        Payee(payee["amount"], account=account) if account else Payee(payee["amount"], username=payee["username"])
        for payee, account in zip(payees, accounts, strict=True)
    )


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
        # What ends a hold keeps the hold's own note.
        note=body["note"] if body["id"] == document["command_id"] else "",
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
