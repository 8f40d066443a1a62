"""Events on their way to Kafka."""

from __future__ import annotations

from datetime import datetime

from pymongo import ASCENDING
from pymongo.database import Database

from auth_service.ports import OutgoingEvent
from service_kit.mongo import MongoDocument


class MongoOutbox:
    """The events that wait for Kafka; read by the relay, written with what they tell of."""

    def __init__(self, db: Database[MongoDocument]) -> None:
        self._outbox = db.outbox

    def waiting(self, limit: int) -> list[OutgoingEvent]:
        """The oldest `limit` events."""
        return [
            OutgoingEvent(found["_id"], found["topic"], found["key"], found["data"], found["traceparent"])
            for found in self._outbox.find().sort("_id", ASCENDING).limit(limit)
        ]

    def remove(self, event_ids: list[str]) -> None:
        """They have been published."""
        self._outbox.delete_many({"_id": {"$in": event_ids}})

    def depth_and_oldest(self) -> tuple[int, datetime | None]:
        """How many wait, and since when the oldest does."""
        oldest = self._outbox.find_one(sort=[("_id", ASCENDING)])
        return self._outbox.count_documents({}), oldest["written_at"] if oldest else None


def event_document(event: OutgoingEvent, at: datetime) -> MongoDocument:
    """As it is kept; written in the transaction of what it tells of."""
    return {
        "_id": event.id,
        "topic": event.topic,
        "key": event.key,
        "data": event.data,
        "traceparent": event.traceparent,
        "written_at": at,
    }
