"""Notifications in MongoDB."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import pymongo
from bson import Timestamp
from pymongo import ASCENDING, DESCENDING
from pymongo.errors import BulkWriteError

from notification_service.domain import Channel, Notification, Stored, moment_order
from notification_service.ports import UNREAD_MAX, Coverage, Decided, Filter
from notification_service.storage.bulk import duplicates
from notification_service.storage.collections import ARCHIVED, CURRENT, Collections, Document
from notification_service.storage.notification_document import SILENT, found_of, notification_document, notification_of

WRITE_SECONDS = 5.0
"""The server ends an insert that takes longer. Decision 8 counts on it: see stream.OVERLAP_SECONDS."""
_NOW = Timestamp(0, 0)
"""The server puts its own logical time in its place when it inserts."""

RETENTION = timedelta(days=180)
MARGIN = timedelta(days=1)
"""Longer than clocks may differ: what has gone here by the server's clock is too old to be told again by anybody's."""


class MongoNotifications:
    """`notification_service.ports.Notifications` on real ground."""

    def __init__(self, collections: Collections, retention: timedelta = RETENTION) -> None:
        """`retention`: how long after its event a notification is kept."""
        self._notifications = collections.notifications
        self._kept = retention + MARGIN

    def add(self, notifications: Sequence[Notification], consumed_at: datetime, now: datetime) -> list[bool]:
        if not notifications:
            return []
        created = [True] * len(notifications)
        documents = [self._document(notification, consumed_at, now) for notification in notifications]
        try:
            with pymongo.timeout(WRITE_SECONDS):
                self._notifications.insert_many(documents, ordered=False)
        except BulkWriteError as error:
            for index in duplicates(error):
                created[index] = False
        return created

    def page(self, user_id: str, before: str | None, limit: int, chosen: Filter) -> list[Stored]:
        found = self._notifications.find(page_query(user_id, before, chosen)).sort("order", DESCENDING).limit(limit)
        return [_stored(document) for document in found]

    def unread(self, user_id: str) -> int:
        return self._notifications.count_documents(unread_query(user_id), limit=UNREAD_MAX)

    def mark_read(self, user_id: str, id: str, now: datetime) -> bool:
        return self._mark(user_id, id, {"read_at": None}, {"read_at": now})

    def mark_unread(self, user_id: str, id: str) -> bool:
        return self._mark(user_id, id, {"read_at": {"$ne": None}}, {"read_at": None})

    def archive(self, user_id: str, id: str, now: datetime) -> bool:
        return self._mark(user_id, id, CURRENT, {"archived_at": now})

    def unarchive(self, user_id: str, id: str) -> bool:
        return self._mark(user_id, id, ARCHIVED, {"archived_at": None})

    def _mark(self, user_id: str, id: str, unmarked: Document, mark: Document) -> bool:
        own = _inbox(user_id) | {"_id": id}
        if self._notifications.update_one(own | unmarked, {"$set": mark}).matched_count:
            return True
        return self._notifications.find_one(own, {"_id": 1}) is not None

    def mark_all_read(self, user_id: str, upto: str | None, now: datetime) -> int:
        query = unread_query(user_id)
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
                {"$match": {"channel": {"$in": [Channel.INBOX, SILENT]}, "position": {"$gt": after, "$lte": upto}}},
                {"$group": {"_id": "$position", "n": {"$sum": 1}}},
                {"$group": {"_id": None, "events": {"$sum": 1}, "notifications": {"$sum": "$n"}}},
            ]
        )
        row = next(iter(positions), None)
        return Coverage(row["events"], row["notifications"]) if row else Coverage(0, 0)

    def of_event(self, event_id: str) -> list[Stored]:
        found = self._notifications.find(event_query(event_id)).sort("_id", ASCENDING)
        return [_stored(document) for document in found]

    def decided(self, ids: Sequence[str]) -> dict[str, Decided]:
        if not ids:
            return {}
        found = self._notifications.find({"_id": {"$in": list(ids)}}, {"ways": 1, "found": 1})
        return {document["_id"]: Decided(tuple(document.get("ways", ())), found_of(document)) for document in found}

    def _document(self, notification: Notification, consumed_at: datetime, now: datetime) -> Document:
        return notification_document(notification) | {
            "_id": notification.id,
            "order": notification.order,
            "consumed_at": consumed_at,
            "created_at": now,
            "read_at": None,
            "archived_at": None,
            "stored": _NOW,
            "expires_at": notification.occurred_at + self._kept,
        }


def page_query(user_id: str, before: str | None, chosen: Filter) -> Document:
    """What `page` asks for. The order begins with the time, so that a period is a part of it."""
    query = _inbox(user_id) | (ARCHIVED if chosen.archived else CURRENT)
    if chosen.unread:
        query["read_at"] = None
    if chosen.kinds:
        query["kind"] = {"$in": sorted(chosen.kinds)}
    below = [bound for bound in (before, chosen.until and moment_order(chosen.until)) if bound is not None]
    order = {"$lt": min(below)} if below else {}
    if chosen.since:
        order["$gte"] = moment_order(chosen.since)
    return query | ({"order": order} if order else {})


def event_query(event_id: str) -> Document:
    """What `of_event` asks for, also of deliveries: ids begin with the event's and a full stop; a slash comes next."""
    return {"_id": {"$gte": f"{event_id}.", "$lt": f"{event_id}/"}}


def unread_query(user_id: str) -> Document:
    """What `unread` counts."""
    return _inbox(user_id) | CURRENT | {"read_at": None}


def _inbox(user_id: str) -> Document:
    return {"user_id": user_id, "channel": Channel.INBOX}


def _stored(document: Document) -> Stored:
    stamp = _stamp(document["stored"])
    times = (document["consumed_at"], document["created_at"], document["read_at"])
    # An older release archived nothing.
    return Stored(notification_of(document), *times, stamp, document.get("archived_at"))


def _stamp(stored: Timestamp) -> int:
    return stored.time << 32 | stored.inc
