"""The writer's transaction: read the batch's working set, decide, write, commit; all or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from pymongo import ReadPreference, WriteConcern
from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.errors import BulkWriteError
from pymongo.read_concern import ReadConcern

from transaction_service.domain import Command, Decision, decide
from transaction_service.storage.collections import LEASE_ID, Collections, Document
from transaction_service.storage.documents import (
    account_changes,
    account_document,
    journal_document,
    paid_changes,
    transfer_document,
)
from transaction_service.storage.known import Known
from transaction_service.storage.lease import Lease, LeaseLostError
from transaction_service.storage.working_set import read_working_set


class MongoLedger:
    """Commits batches under a lease."""

    def __init__(self, collections: Collections) -> None:
        self._collections = collections
        self._known = Known()
        self._known_at: tuple[int, datetime] | None = None

    def commit(self, lease: Lease, commands: Sequence[Command], now: datetime) -> Decision:
        """Decide `commands` on the ledger as it is and write what was decided, durably (majority, journaled).

        Raises:
            LeaseLostError: another writer has the ledger; nothing was written.
            PyMongoError: the outcome may be unknown; ask again with the same keys.
            InvalidEvent: a decision's event breaks its schema; nothing was written.
        """
        session = lease.session
        self._known.turn_to(lease.epoch, lease.head)
        with session.start_transaction(
            read_concern=ReadConcern("snapshot"),
            write_concern=WriteConcern(w="majority", j=True),
            read_preference=ReadPreference.PRIMARY,
        ):
            now = max(now, self._last_at(session, lease))
            known = read_working_set(self._collections, session, lease.head, commands, self._known)
            decision = decide(known, commands, now)
            if decision.records:
                self._write(session, lease, decision)
        lease.head = decision.head
        self._known.moved_to(lease.epoch, decision)
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
        if decision.opened:
            documents = [account_document(account) for account in decision.opened]
            self._collections.accounts.insert_many(documents, session=session)
        if decision.changed:
            changes = [
                (account.id, account_changes(self._known.account(account.id), account)) for account in decision.changed
            ]
            updates = [{"q": {"_id": id}, "u": {"$set": changed}} for id, changed in changes if changed]
            matched = _update(self._collections.accounts, updates, session) if updates else 0
            assert matched == len(updates), "an account that was read is gone"  # noqa: S101

    def _write_others(self, session: ClientSession, decision: Decision) -> None:
        if decision.paid:
            changes = [(paid.id, paid_changes(paid)) for paid in decision.paid]
            updates = [{"q": {"_id": id}, "u": {"$set": changed}, "upsert": True} for id, changed in changes]
            _update(self._collections.paid, updates, session)
        if decision.transfers:
            documents = [transfer_document(transfer) for transfer in decision.transfers]
            replacements = [{"q": {"_id": each["_id"]}, "u": each, "upsert": True} for each in documents]
            _update(self._collections.transfers, replacements, session)


def _update(collection: Collection[Document], updates: Sequence[Document], session: ClientSession) -> int:
    """Send updates as one command and return how many documents they met.

    `Collection.bulk_write` does the same and builds each update in Python, which takes longer than what it stands for.

    Raises:
        BulkWriteError: MongoDB refused one of them.
    """
    done = collection.database.command("update", collection.name, updates=updates, session=session)
    if "writeErrors" in done:
        raise BulkWriteError(done)
    return int(done["n"])
