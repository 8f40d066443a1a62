"""Exactly one writer, and exactly one relay: each a lease with an epoch, without trust in any clock.

A candidate watches the lease's `beat`. Only when it has stood still for LEASE_SECONDS of the candidate's own
monotonic clock does the candidate take over: it ends the holder's MongoDB session first (a frozen or killed holder
leaves its transaction, and that transaction's locks, behind), then raises the epoch. Whatever a holder writes asserts
its epoch and how far it had come (the writer the journal's head, in every batch's transaction; the relay its cursor),
so a holder that wakes up after a takeover cannot move either.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pymongo import MongoClient, ReturnDocument
from pymongo.client_session import ClientSession

from transaction_service.storage.collections import CURSOR_ID, LEASE_ID, Collections, Document

LEASE_SECONDS = 1.5
BEAT_SECONDS = 0.4
TAKE_TIMEOUT_MS = 2_000


class LeaseLostError(Exception):
    """Another process holds the lease now; nothing of this one's was written."""


@dataclass(frozen=True)
class Duty:
    """What one process at a time does: its document in `control`, and the field that says up to which position."""

    id: str
    head: str


WRITING = Duty(LEASE_ID, "head")
PUBLISHING = Duty(CURSOR_ID, "position")


@dataclass(slots=True)
class Lease:
    """A held lease: `head` is the last position that this holder has written, or published."""

    epoch: int
    head: int
    took_over: bool
    session: ClientSession


class LeaseKeeper:
    """Takes, keeps and gives back the lease of a duty. `holder` is unique to one run of one process."""

    def __init__(
        self, collections: Collections, holder: str, monotonic: Callable[[], float], duty: Duty = WRITING
    ) -> None:
        self._collections = collections
        self._holder = holder
        self._monotonic = monotonic
        self._duty = duty
        self._seen: tuple[int, int] | None = None
        self._seen_at = 0.0

    def try_acquire(self) -> Lease | None:
        """One look at the lease; returns it if it was free or its holder had fallen silent.

        Call it every 100-200 ms. Raises PyMongoError where MongoDB does not answer.
        """
        document = self._collections.control.find_one({"_id": self._duty.id})
        if document is None or "epoch" not in document:
            raise RuntimeError(f"there is no lease {self._duty.id!r}: run `python -m transaction_service.set_up` first")
        seen = (document["epoch"], document["beat"])
        if seen != self._seen:
            self._seen, self._seen_at = seen, self._monotonic()
        silent = self._monotonic() - self._seen_at >= LEASE_SECONDS
        if document["holder"] not in (None, self._holder) and not silent:
            return None
        return self._take(document)

    def _take(self, document: Document) -> Lease | None:
        took_over = document["holder"] not in (None, self._holder)
        end_session(self._collections.client, document["lsid"])
        session = self._collections.client.start_session()
        taken = self._collections.control.find_one_and_update(
            {"_id": self._duty.id, "epoch": document["epoch"], "beat": document["beat"]},
            {
                "$set": {"holder": self._holder, "lsid": session.session_id["id"]},
                "$inc": {"epoch": 1, "beat": 1},
            },
            return_document=ReturnDocument.AFTER,
            maxTimeMS=TAKE_TIMEOUT_MS,
        )
        if taken is None:
            session.end_session()
            return None
        return Lease(epoch=taken["epoch"], head=taken[self._duty.head], took_over=took_over, session=session)

    def beat(self, lease: Lease) -> None:
        """Show life while there is nothing to commit; raises LeaseLostError where another took over."""
        self._touch(lease, {"$inc": {"beat": 1}})

    def release(self, lease: Lease) -> None:
        """Give the lease back on a clean stop, so that the standby need not wait."""
        self._touch(lease, {"$set": {"holder": None, "lsid": None}, "$inc": {"beat": 1}})

    def _touch(self, lease: Lease, update: Document) -> None:
        result = self._collections.control.update_one({"_id": self._duty.id, "epoch": lease.epoch}, update)
        if result.matched_count != 1:
            raise LeaseLostError(f"epoch {lease.epoch} has ended")


def end_session(client: MongoClient[Document], lsid: object) -> None:
    """Abort whatever transaction the last holder left open, so that its locks go.

    A user may end its own user's sessions without a further privilege; all holders are the same user.
    """
    if lsid is not None:
        client.admin.command("killSessions", [{"id": lsid}])
