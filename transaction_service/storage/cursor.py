"""The relay's place in the journal: one number, "published up to here"."""

from __future__ import annotations

from transaction_service.storage.collections import CURSOR_ID, Collections


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

    def move(self, before: int, after: int) -> bool:
        """Move from `before` to `after`; False where somebody else moved it meanwhile."""
        moved = self._collections.control.update_one(
            {"_id": CURSOR_ID, "position": before}, {"$set": {"position": after}}
        )
        return moved.matched_count == 1
