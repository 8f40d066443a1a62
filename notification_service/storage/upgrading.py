"""What an older release has left, made as this one wants it. Harmless when there is nothing to do."""

from __future__ import annotations

from datetime import timedelta

from contracts.notices import Kind
from notification_service.domain import Direction
from notification_service.storage.collections import Collections

SENT = (Kind.SENT, Kind.HELD, Kind.CAPTURED)


def upgrade(collections: Collections, kept: timedelta) -> None:
    """Let each notification know when it goes, and each person whom they have paid before."""
    milliseconds = int(kept.total_seconds() * 1000)
    collections.notifications.update_many(
        {"expires_at": None}, [{"$set": {"expires_at": {"$add": ["$occurred_at", milliseconds]}}}]
    )
    if collections.payees.find_one({}, {"_id": 1}) is None:
        _take_payees_over(collections)


def _take_payees_over(collections: Collections) -> None:
    """From what payers were told; a payment to several people names none of them, so these will be first ones."""
    sent = {
        "kind": {"$in": [str(kind) for kind in SENT]},
        "transfer.counterparty": {"$type": "string"},
        "transfer.direction": str(Direction.OUT),
    }
    pair = {"$concat": ["$user_id", ".", "$transfer.counterparty"]}
    collections.notifications.aggregate(
        [
            {"$match": sent},
            {"$sort": {"position": 1}},
            {"$group": {"_id": pair, "event_id": {"$first": "$event_id"}}},
            {"$merge": {"into": collections.payees.name, "whenMatched": "keepExisting"}},
        ],
        allowDiskUse=True,
    )
