"""Deliveries in MongoDB."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from pymongo import ASCENDING, DESCENDING
from pymongo.errors import BulkWriteError

from notification_service.domain import OUTWARD, Attempt, Channel, Claimed, Delivery, DeliveryRecord, DeliveryState
from notification_service.domain.delivery import lane_of_all
from notification_service.ports.deliveries import ATTEMPTS_KEPT, FORGOTTEN, TOO_OLD, Backlog
from notification_service.storage.bulk import duplicates
from notification_service.storage.collections import Collections, Document
from notification_service.storage.delivery_document import claimed_of, new_document, noted, record_of, result
from notification_service.storage.notification_document import NOTHING_TOLD
from notification_service.storage.notifications import event_query

PENDING = {"state": str(DeliveryState.PENDING)}
KEPT = timedelta(days=30)


class MongoDeliveries:
    """`notification_service.ports.Deliveries` on real ground."""

    def __init__(self, collections: Collections, kept: timedelta = KEPT) -> None:
        """`kept`: how long a delivery is remembered when it is over."""
        self._deliveries = collections.deliveries
        self._kept = kept

    def add(self, deliveries: Sequence[Delivery], now: datetime) -> list[bool]:
        if not deliveries:
            return []
        ordered = [True] * len(deliveries)
        try:
            self._deliveries.insert_many([new_document(each, now) for each in deliveries], ordered=False)
        except BulkWriteError as error:
            for index in duplicates(error):
                ordered[index] = False
        return ordered

    def lanes(self, now: datetime, limit: int, after: str = "") -> dict[str, datetime]:
        # The first entry of each lane in the index, and no other: a lane's backlog costs nothing.
        found = self._deliveries.aggregate(
            [
                {"$match": PENDING | {"lane": {"$gt": after}}},
                {"$sort": {"state": 1, "lane": 1, "next_attempt_at": 1}},
                {"$group": {"_id": "$lane", "due": {"$first": "$next_attempt_at"}}},
                {"$match": {"due": {"$lte": now}}},
                {"$sort": {"_id": 1}},
                {"$limit": limit},
            ]
        )
        return {document["_id"]: document["due"] for document in found}

    def claim(self, wanted: Mapping[str, int], now: datetime, until: datetime) -> list[Claimed]:
        due = PENDING | {"next_attempt_at": {"$lte": now}}
        ids = [id for lane, count in wanted.items() for id in self._due_ids(due | {"lane": lane}, count)]
        if not ids:
            return []
        claim = uuid4().hex
        self._deliveries.update_many(
            due | {"_id": {"$in": ids}},
            {
                "$set": {"claim": claim, "next_attempt_at": until},
                "$inc": {"tries": 1},
                "$push": {"attempts": {"$each": [noted(claim, now)], "$slice": -ATTEMPTS_KEPT}},
            },
        )
        # Of what another deliverer was quicker to claim, the first filter passed by.
        return [claimed_of(document) for document in self._deliveries.find({"_id": {"$in": ids}, "claim": claim})]

    def _due_ids(self, query: Document, count: int) -> list[str]:
        found = self._deliveries.find(query, {"_id": 1}).sort("next_attempt_at", ASCENDING).limit(count)
        return [document["_id"] for document in found]

    def extend(self, claimed: Collection[Claimed], until: datetime) -> None:
        ids, claims = [each.delivery.id for each in claimed], list({each.claim for each in claimed})
        if ids:
            held = PENDING | {"_id": {"$in": ids}, "claim": {"$in": claims}}
            self._deliveries.update_many(held, {"$set": {"next_attempt_at": until}})

    def put_off(self, claimed: Claimed, attempt: Attempt, until: datetime) -> bool:
        return self._conclude(claimed, attempt, {"next_attempt_at": until}, {"claim": claimed.claim})

    def finish(self, claimed: Claimed, attempt: Attempt, state: DeliveryState, now: datetime) -> bool:
        holder = {} if state is DeliveryState.DELIVERED else {"claim": claimed.claim}
        return self._conclude(claimed, attempt, self._end(state, now, attempt.cause), holder)

    def _conclude(self, claimed: Claimed, attempt: Attempt, changes: Document, holder: Document) -> bool:
        told = {f"attempts.$[own].{name}": value for name, value in result(attempt).items()}
        done = self._deliveries.update_one(
            PENDING | {"_id": claimed.delivery.id} | holder,
            {"$set": {"claim": None, "lane": lane_of_all(claimed.delivery.lane)} | changes | told},
            array_filters=[{"own.claim": claimed.claim}],
        )
        return done.matched_count == 1

    def expire(self, since: datetime, now: datetime) -> dict[str, int]:
        late = PENDING | {"since": {"$lt": since}, "next_attempt_at": {"$lte": now}}
        dead = {"$set": self._end(DeliveryState.DEAD, now, TOO_OLD)}
        counts = {
            str(channel): self._deliveries.update_many(late | {"channel": str(channel)}, dead).modified_count
            for channel in OUTWARD
        }
        return {channel: count for channel, count in counts.items() if count}

    def backlog(self) -> Backlog:
        oldest = {str(channel): self._oldest(channel) for channel in OUTWARD}
        return Backlog(
            pending=self._counts(DeliveryState.PENDING),
            dead=self._counts(DeliveryState.DEAD),
            oldest={channel: since for channel, since in oldest.items() if since is not None},
        )

    def _oldest(self, channel: Channel) -> datetime | None:
        found = self._deliveries.find_one(
            PENDING | {"channel": str(channel)}, {"since": 1}, sort=[("since", ASCENDING)]
        )
        return found["since"] if found else None

    def _counts(self, state: DeliveryState) -> dict[str, int]:
        counted = {
            str(channel): self._deliveries.count_documents({"state": str(state), "channel": str(channel)})
            for channel in OUTWARD
        }
        return {channel: count for channel, count in counted.items() if count}

    def find(self, id: str) -> DeliveryRecord | None:
        found = self._deliveries.find_one({"_id": id})
        return None if found is None else record_of(found)

    def of_event(self, event_id: str) -> list[DeliveryRecord]:
        return [record_of(document) for document in self._deliveries.find(event_query(event_id)).sort("_id", ASCENDING)]

    def page(
        self,
        before: str | None,
        limit: int,
        *,
        state: DeliveryState | None = None,
        user_id: str | None = None,
        target: str | None = None,
    ) -> list[DeliveryRecord]:
        wanted = {"state": state and str(state), "user_id": user_id, "target": target}
        query: Document = {name: value for name, value in wanted.items() if value is not None}
        if before is not None:
            query["order"] = {"$lt": before}
        found = self._deliveries.find(query).sort("order", DESCENDING).limit(limit)
        return [record_of(document) for document in found]

    def redrive(self, id: str, now: datetime) -> bool:
        query = {"_id": id, "state": str(DeliveryState.DEAD)}
        return self._deliveries.update_one(query, {"$set": _again(now)}).matched_count == 1

    def send_again(self, delivery: Delivery, now: datetime) -> bool:
        query = {"_id": delivery.id, "state": {"$ne": str(DeliveryState.PENDING)}}
        again = _again(now) | {"lane": replace(delivery, asked=True).lane}
        return self._deliveries.update_one(query, {"$set": again}).matched_count == 1

    def redrive_dead(self, now: datetime, *, channel: str | None = None, target: str | None = None) -> int:
        query: Document = {"state": str(DeliveryState.DEAD)}
        if channel is not None:
            query["channel"] = channel
        if target is not None:
            query["target"] = target
        return self._deliveries.update_many(query, {"$set": _again(now)}).modified_count

    def forget(self, user_ids: Iterable[str], now: datetime) -> None:
        theirs = {"user_id": {"$in": list(user_ids)}}
        self._deliveries.update_many(PENDING | theirs, {"$set": self._end(DeliveryState.CANCELLED, now, FORGOTTEN)})
        self._deliveries.update_many(theirs, {"$set": NOTHING_TOLD})

    def _end(self, state: DeliveryState, now: datetime, cause: str | None) -> dict[str, Any]:
        end = {"state": str(state), "finished_at": now, "cause": cause, "claim": None}
        return end | {"expires_at": now + self._kept}


def _again(now: datetime) -> dict[str, Any]:
    over = {"finished_at": None, "expires_at": None, "cause": None}
    return PENDING | over | {"since": now, "next_attempt_at": now, "tries": 0}
