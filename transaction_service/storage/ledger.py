"""The writer's transaction: read the batch's working set, decide, write, commit; all or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from pymongo import InsertOne, ReadPreference, ReplaceOne, UpdateOne, WriteConcern
from pymongo.client_session import ClientSession
from pymongo.read_concern import ReadConcern

from transaction_service.domain import Command, Decision, decide
from transaction_service.storage.collections import LEASE_ID, Collections
from transaction_service.storage.documents import (
    account_changes,
    account_document,
    journal_document,
    paid_changes,
    transfer_document,
)
from transaction_service.storage.lease import Lease, LeaseLostError
from transaction_service.storage.working_set import read_working_set


class MongoLedger:
    """Commits batches under a lease."""

    def __init__(self, collections: Collections) -> None:
        self._collections = collections
        self._known_at: tuple[int, datetime] | None = None

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
            now = max(now, self._last_at(session, lease))
            decision = decide(read_working_set(self._collections, session, lease.head, commands), commands, now)
            if decision.records:
                self._write(session, lease, decision)
        lease.head = decision.head
        self._known_at = (lease.epoch, now)
        return decision

    def _last_at(self, session: ClientSession, lease: Lease) -> datetime:
        """The time of the journal's last record: it never goes back, though another clock was ahead of ours."""
        if self._known_at is not None and self._known_at[0] == lease.epoch:
            return self._known_at[1]
        last = self._collections.journal.find_one({"_id": lease.head}, {"at": 1}, session=session)
        return last["at"] if last else datetime.min.replace(tzinfo=UTC)

    def _write(self, session: ClientSession, lease: Lease, decision: Decision) -> None:
        self._collections.journal.insert_many(
            [journal_document(record, lease.epoch) for record in decision.records], session=session
        )
        self._write_accounts(session, decision)
        self._write_others(session, decision)
        result = self._collections.control.update_one(
            {"_id": LEASE_ID, "epoch": lease.epoch, "head": lease.head},
            {"$set": {"head": decision.head}, "$inc": {"beat": 1}},
            session=session,
        )
        if result.matched_count != 1:
            raise LeaseLostError(f"epoch {lease.epoch} has ended")

    def _write_accounts(self, session: ClientSession, decision: Decision) -> None:
        inserts = [InsertOne(account_document(account)) for account in decision.opened]
        updates = [UpdateOne({"_id": account.id}, {"$set": account_changes(account)}) for account in decision.changed]
        if not inserts and not updates:
            return
        # Ordered: a refused insert aborts the transaction, and an unordered bulk would go on and report only that.
        result = self._collections.accounts.bulk_write([*inserts, *updates], session=session)
        assert result.matched_count == len(updates), "an account that was read is gone"  # noqa: S101

    def _write_others(self, session: ClientSession, decision: Decision) -> None:
        if decision.paid:
            self._collections.paid.bulk_write(
                [UpdateOne({"_id": paid.id}, {"$set": paid_changes(paid)}, upsert=True) for paid in decision.paid],
                session=session,
            )
        if decision.transfers:
            documents = [transfer_document(transfer) for transfer in decision.transfers]
            self._collections.transfers.bulk_write(
                [ReplaceOne({"_id": document["_id"]}, document, upsert=True) for document in documents],
                session=session,
            )
