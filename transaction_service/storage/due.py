"""Which transfers' moments have come."""

from __future__ import annotations

from dataclasses import dataclass

from pymongo import ASCENDING

from transaction_service.storage.collections import Collections


@dataclass(frozen=True, slots=True)
class Due:
    """A hold that has expired or a scheduled transfer whose moment has come, `at` (RFC 3339, UTC), for `payees`."""

    id: str
    status: str
    at: str
    payees: int = 1


class MongoDueTransfers:
    """Reads `transfers` by the index on `due`, which holds only what waits for its moment."""

    def __init__(self, collections: Collections) -> None:
        self._collections = collections

    def due(self, at: str, limit: int) -> list[Due]:
        """What was due by `at`, the oldest first."""
        fields = {"status": 1, "due": 1, "payees": {"$size": "$body.payees"}}
        found = self._collections.transfers.find({"due": {"$lte": at}}, fields)
        documents = found.sort("due", ASCENDING).limit(limit)
        return [Due(each["_id"], each["status"], each["due"], each["payees"]) for each in documents]
