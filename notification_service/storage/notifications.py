"""Notifications in MongoDB."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime

import pymongo
from bson import Timestamp
from pymongo import ASCENDING, DESCENDING
from pymongo.errors import BulkWriteError

from contracts.notices import Kind
from notification_service.domain import Account, Alert, Channel, Notification, Stored, Transfer
from notification_service.ports import Coverage
from notification_service.storage.bulk import duplicates
from notification_service.storage.collections import Collections, Document

WRITE_SECONDS = 5.0
"""The server ends an insert that takes longer. Decision 8 counts on it: see stream.OVERLAP_SECONDS."""
_NOW = Timestamp(0, 0)
"""The server puts its own logical time in its place when it inserts."""


class MongoNotifications:
    """`notification_service.ports.Notifications` on real ground."""

    def __init__(self, collections: Collections) -> None:
        self._notifications = collections.notifications

    def add(self, notifications: Sequence[Notification], consumed_at: datetime, now: datetime) -> list[bool]:
        if not notifications:
            return []
        created = [True] * len(notifications)
        documents = [_document(notification, consumed_at, now) for notification in notifications]
        try:
            with pymongo.timeout(WRITE_SECONDS):
                self._notifications.insert_many(documents, ordered=False)
        except BulkWriteError as error:
            for index in duplicates(error):
                created[index] = False
        return created

    def page(self, user_id: str, before: str | None, limit: int, *, unread: bool) -> list[Stored]:
        query = _inbox(user_id)
        if before is not None:
            query["order"] = {"$lt": before}
        if unread:
            query["read_at"] = None
        found = self._notifications.find(query).sort("order", DESCENDING).limit(limit)
        return [_stored(document) for document in found]

    def unread(self, user_id: str) -> int:
        return self._notifications.count_documents(_inbox(user_id) | {"read_at": None})

    def mark_read(self, user_id: str, id: str, now: datetime) -> bool:
        own = {"_id": id, "user_id": user_id, "channel": Channel.INBOX}
        if self._notifications.update_one(own | {"read_at": None}, {"$set": {"read_at": now}}).matched_count:
            return True
        return self._notifications.find_one(own, {"_id": 1}) is not None

    def mark_all_read(self, user_id: str, upto: str | None, now: datetime) -> int:
        query = _inbox(user_id) | {"read_at": None}
        if upto is not None:
            query["order"] = {"$lte": upto}
        return self._notifications.update_many(query, {"$set": {"read_at": now}}).modified_count

    def newest_stamp(self, user_id: str) -> int:
        newest = self._notifications.find_one(
            _inbox(user_id), {"_id": 0, "stored": 1}, sort=[("stored", DESCENDING), ("_id", DESCENDING)]
        )
        return _stamp(newest["stored"]) if newest else 0

    def stored_after(self, user_id: str, stamp: int, but: Collection[str], limit: int) -> list[Stored]:
        query = _inbox(user_id) | {
            "stored": {"$gt": Timestamp(stamp >> 32, stamp & 0xFFFFFFFF)},
            "_id": {"$nin": list(but)},
        }
        found = self._notifications.find(query).sort([("stored", ASCENDING), ("_id", ASCENDING)]).limit(limit)
        return [_stored(document) for document in found]

    def coverage(self, after: int, upto: int) -> Coverage:
        positions = self._notifications.aggregate(
            [
                {"$match": {"channel": Channel.INBOX, "position": {"$gt": after, "$lte": upto}}},
                {"$group": {"_id": "$position", "n": {"$sum": 1}}},
                {"$group": {"_id": None, "events": {"$sum": 1}, "notifications": {"$sum": "$n"}}},
            ]
        )
        row = next(iter(positions), None)
        return Coverage(row["events"], row["notifications"]) if row else Coverage(0, 0)

    def of_event(self, event_id: str) -> list[Stored]:
        found = self._notifications.find({"event_id": event_id}).sort("_id", ASCENDING)
        return [_stored(document) for document in found]


def _inbox(user_id: str) -> Document:
    return {"user_id": user_id, "channel": Channel.INBOX}


def _document(notification: Notification, consumed_at: datetime, now: datetime) -> Document:
    return {
        "_id": notification.id,
        "event_id": notification.event_id,
        "user_id": notification.user_id,
        "channel": str(notification.channel),
        "kind": str(notification.kind),
        "position": notification.position,
        "order": notification.order,
        "occurred_at": notification.occurred_at,
        "consumed_at": consumed_at,
        "created_at": now,
        "read_at": None,
        "stored": _NOW,
        "transfer": asdict(notification.transfer) if notification.transfer else None,
        "alert": asdict(notification.alert) if notification.alert else None,
        "account": asdict(notification.account) if notification.account else None,
    }


def _stored(document: Document) -> Stored:
    notification = Notification(
        event_id=document["event_id"],
        user_id=document["user_id"],
        channel=Channel(document["channel"]),
        kind=Kind(document["kind"]),
        position=document["position"],
        occurred_at=document["occurred_at"],
        transfer=Transfer(**document["transfer"]) if document["transfer"] else None,
        alert=Alert(**document["alert"]) if document["alert"] else None,
        # An older release told of no account.
        account=Account(**document["account"]) if document.get("account") else None,
    )
    stamp = _stamp(document["stored"])
    return Stored(notification, document["consumed_at"], document["created_at"], document["read_at"], stamp)


def _stamp(stored: Timestamp) -> int:
    return stored.time << 32 | stored.inc
