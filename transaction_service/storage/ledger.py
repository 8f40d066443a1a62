"""The writer's transaction: read the batch's working set, decide, write, commit; all or nothing."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pymongo import InsertOne, ReadPreference, UpdateOne, WriteConcern
from pymongo.client_session import ClientSession
from pymongo.read_concern import ReadConcern

from contracts import topics
from contracts.codec import codec_for
from transaction_service.domain import (
    Account,
    Answer,
    Command,
    Decision,
    OpenAccount,
    Outcome,
    Record,
    SavedAnswer,
    WorkingSet,
    decide,
)
from transaction_service.storage.collections import LEASE_ID, Collections, Document
from transaction_service.storage.lease import Lease, LeaseLostError

_FIELDS = tuple(field.name for field in dataclasses.fields(Account))
_codec = codec_for(topics.TRANSACTIONS)


class MongoLedger:
    """Commits batches under a lease."""

    def __init__(self, collections: Collections) -> None:
        self._collections = collections

    def commit(self, lease: Lease, commands: Sequence[Command], now: datetime) -> Decision:
        """Decide `commands` on the ledger as it is and write what was decided, durably (majority, journaled).

        Raises:
            LeaseLostError: another writer has the ledger; nothing was written.
            PyMongoError: the outcome may be unknown; ask again with the same keys.
            InvalidEvent: a decision's event breaks its schema; nothing was written.
        """
        session = lease.session
        with session.start_transaction(
            read_concern=ReadConcern("snapshot"),
            write_concern=WriteConcern(w="majority", j=True),
            read_preference=ReadPreference.PRIMARY,
        ):
            decision = decide(self._working_set(session, lease.head, commands), commands, now)
            if decision.records:
                self._write(session, lease, decision)
        lease.head = decision.head
        return decision

    def _working_set(self, session: ClientSession, head: int, commands: Sequence[Command]) -> WorkingSet:
        usernames, ids = _parties(commands)
        accounts = self._collections.accounts.find(_named(usernames, ids), session=session)
        saved = self._collections.journal.find(
            {"key": {"$in": [command.key for command in commands]}},
            {"_id": 0, "key": 1, "command_id": 1, "fingerprint": 1, "outcome": 1, "body": 1},
            session=session,
        )
        return WorkingSet(
            head=head,
            accounts=[account_of(document) for document in accounts],
            saved={document["key"]: _saved(document) for document in saved},
        )

    def _write(self, session: ClientSession, lease: Lease, decision: Decision) -> None:
        self._collections.journal.insert_many(
            [journal_document(record, lease.epoch) for record in decision.records], session=session
        )
        self._write_accounts(session, decision)
        result = self._collections.control.update_one(
            {"_id": LEASE_ID, "epoch": lease.epoch, "head": lease.head},
            {"$set": {"head": decision.head}, "$inc": {"beat": 1}},
            session=session,
        )
        if result.matched_count != 1:
            raise LeaseLostError(f"epoch {lease.epoch} has ended")

    def _write_accounts(self, session: ClientSession, decision: Decision) -> None:
        inserts = [InsertOne(_account_document(account)) for account in decision.opened]
        updates = [
            UpdateOne(
                {"_id": account.id},
                {"$set": {"posted": account.posted, "seq": account.seq, "last_hash": account.last_hash}},
            )
            for account in decision.changed
        ]
        if not inserts and not updates:
            return
        # Ordered: a refused insert aborts the transaction, and an unordered bulk would go on and report only that.
        result = self._collections.accounts.bulk_write([*inserts, *updates], session=session)
        assert result.matched_count == len(updates), "an account that was read is gone"  # noqa: S101


def _parties(commands: Sequence[Command]) -> tuple[set[str], set[str]]:
    """The usernames and the account ids that the commands name."""
    usernames: set[str | None] = set()
    ids: set[str | None] = set()
    for command in commands:
        if isinstance(command, OpenAccount):
            ids.add(command.account)
        else:
            usernames |= {command.owner_username, command.payee_username}
            ids |= {command.payer_account, command.payee_account}
    return {name for name in usernames if name is not None}, {id for id in ids if id is not None}


def _named(usernames: set[str], ids: set[str]) -> Document:
    by_name: Document = {"username": {"$in": list(usernames)}}
    # Payments name nobody by account, and a query of one branch costs less to plan.
    return {"$or": [by_name, {"_id": {"$in": list(ids)}}]} if ids else by_name


def account_of(document: Document) -> Account:
    """The account that a document of `accounts` holds."""
    fields = {name: document[name] for name in _FIELDS if name != "id"}
    return Account(id=document["_id"], **fields)


def _account_document(account: Account) -> Document:
    fields = dataclasses.asdict(account)
    return {"_id": fields.pop("id"), **fields}


def _saved(document: Document) -> SavedAnswer:
    answer = Answer(Outcome(document["outcome"]), document["body"])
    return SavedAnswer(command_id=document["command_id"], fingerprint=document["fingerprint"], answer=answer)


def journal_document(record: Record, epoch: int) -> dict[str, Any]:
    """One decided command as it stands in the journal; `event` is the final text that the relay publishes."""
    return {
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
    }
