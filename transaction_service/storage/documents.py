"""The ledger's values as MongoDB's documents, and back."""

from __future__ import annotations

from typing import Any

from contracts import topics
from contracts.codec import codec_for
from transaction_service.domain import Account, Answer, Outcome, Paid, Record, SavedAnswer, Transfer
from transaction_service.domain.rules import FIRST
from transaction_service.storage.collections import Document

_FIELDS = tuple(name for name in Account._fields if name != "id")
_COUNTED = ("first_at", "day", "spent", "while_new")
DONE_AT_ONCE = [str(Outcome.POSTED), str(Outcome.REFUNDED)]
"""Outcomes of the records with which transfers begin and end at once, so that they need no document of their own."""
_codec = codec_for(topics.TRANSACTIONS)


def account_of(document: Document) -> Account:
    """The account that a document of `accounts` holds; what an older release didn't write has its default."""
    return Account(id=document["_id"], **{name: document[name] for name in _FIELDS if name in document})


def account_document(account: Account) -> Document:
    """A new document of `accounts`."""
    fields = account._asdict()
    return {"_id": fields.pop("id"), **fields}


def account_changes(before: Account, account: Account) -> Document:
    """What is different in the document of an account that was `before`."""
    return {name: new for name, new, old in zip(Account._fields, account, before, strict=True) if new != old}


def saved_answer_of(document: Document) -> SavedAnswer:
    """What a journal document's key was answered."""
    answer = Answer(Outcome(document["outcome"]), document["body"])
    return SavedAnswer(command_id=document["command_id"], fingerprint=document["fingerprint"], answer=answer)


def paid_of(document: Document) -> Paid:
    """A user's counters for one payee."""
    user, _, account = document["_id"].partition(">")
    return Paid(user, account, **{name: document[name] for name in _COUNTED})


def paid_document(paid: Paid) -> Document:
    """A document of `paid`."""
    return {"_id": paid.id, **paid_changes(paid)}


def paid_changes(paid: Paid) -> Document:
    """Those counters; whose they are is in the document's id."""
    return {name: getattr(paid, name) for name in _COUNTED}


def transfer_of(document: Document) -> Transfer:
    """A transfer that something was done about, or may be, from its document in `transfers`."""
    return Transfer(
        id=document["_id"],
        body=document["body"],
        first=document["first"],
        last=document["last"],
        spender=document["spender"],
        refunded={part["account"]: part["amount"] for part in document["refunded_by"]},
        plan=document["plan"],
    )


def transfer_of_record(document: Document) -> Transfer:
    """A transfer that was posted at once and left alone since: its journal document is all there is."""
    return Transfer(id=document["command_id"], body=document["body"], first=document["_id"], last=document["_id"])


def transfer_document(transfer: Transfer) -> Document:
    """A document of `transfers`; `due` is when the platform itself has something to do about it."""
    document: Document = {
        "_id": transfer.id,
        "status": transfer.status,
        "first": transfer.first,
        "last": transfer.last,
        "body": dict(transfer.body),
        "spender": transfer.spender,
        "refunded": sum(transfer.refunded.values()),
        "refunded_by": [{"account": account, "amount": amount} for account, amount in transfer.refunded.items()],
        "plan": transfer.plan,
    }
    due = {"pending": "expires_at", "scheduled": "execute_at"}.get(transfer.status)
    return {**document, "due": transfer.body[due]} if due else document


def journal_document(record: Record, epoch: int) -> dict[str, Any]:
    """One decided command as it stands in the journal; `event` is the final text that the relay publishes."""
    document = {
        "_id": record.position,
        "at": record.at,
        "epoch": epoch,
        "command_id": record.command_id,
        "key": record.key,
        "fingerprint": record.fingerprint,
        "outcome": str(record.answer.outcome),
        "body": record.answer.body,
        "parties": list(record.parties),
        "entries": [
            {
                "account": entry.account,
                "seq": entry.seq,
                "amount": entry.amount,
                "balance_after": entry.balance_after,
                "hash": entry.hash,
            }
            for entry in record.entries
        ],
        "event_type": record.event["type"],
        "event": _codec.encode(record.event).decode(),
        "partition_key": record.partition_key,
        "traceparent": record.traceparent,
        "actor": record.actor,
    }
    # Absent where they say nothing: most records have only `rules` of them, and their indexes hold only those that do.
    if record.of is not None:
        document["of"] = record.of
    if record.original is not None:
        document["original"] = record.original
    if record.pending:
        document["pending"] = [{"account": c.account, "out": c.out, "in": c.into} for c in record.pending]
    if record.by_account is not None:
        document["by_account"] = list(record.by_account)
    if record.rules != FIRST:
        document["rules"] = record.rules
    return document
