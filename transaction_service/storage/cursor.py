"""The relay's place in the journal: one number, "published up to here". It lies in the relay's lease."""

from __future__ import annotations

from transaction_service.storage.collections import CURSOR_ID, Collections
from transaction_service.storage.lease import Lease, LeaseLostError


class MongoCursor:
    """Where the relay stands."""

    def __init__(self, collections: Collections) -> None:
        self._collections = collections

    def position(self) -> int:
        """The last position that is known to be on the topic; 0 before the first."""
        document = self._collections.control.find_one({"_id": CURSOR_ID})
        if document is None:
            raise RuntimeError("the relay has no cursor: run `python -m transaction_service.set_up` first")
        return document["position"]

    def move(self, lease: Lease, position: int) -> None:
        """Move on to `position`, which is a beat of the lease too.

        Raises:
            LeaseLostError: another relay publishes now; the cursor is where that one put it.
        """
        moved = self._collections.control.update_one(
            {"_id": CURSOR_ID, "epoch": lease.epoch, "position": lease.head},
            {"$set": {"position": position}, "$inc": {"beat": 1}},
        )
        if moved.matched_count != 1:
            raise LeaseLostError(f"epoch {lease.epoch} has ended")
        lease.head = position
