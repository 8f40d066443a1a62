"""Who has paid whom, and how often lately, in MongoDB."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from pymongo import DESCENDING
from pymongo.errors import BulkWriteError

from notification_service.ports import Pair
from notification_service.storage.bulk import duplicates
from notification_service.storage.collections import Collections, Document


class MongoPayments:
    """`notification_service.ports.Payments` on real ground.

    A pair is one document that is written once, with the event that it was seen in first: who asks for that event
    again gets the same answer. When an account paid is what its owner was told.
    """

    def __init__(self, collections: Collections) -> None:
        self._database = collections.database
        self._payees = collections.payees
        self._notifications = collections.notifications

    def first(self, pairs: Sequence[Pair]) -> list[bool]:
        ids = [f"{pair.payer}.{pair.payee}" for pair in pairs]
        wanted = dict(zip(reversed(ids), reversed(pairs), strict=True))
        known = self._first_events(wanted)
        new = [{"_id": id, "event_id": pair.event_id} for id, pair in wanted.items() if id not in known]
        known.update(self._claim(new))
        return [known[id] == pair.event_id for id, pair in zip(ids, pairs, strict=True)]

    def _first_events(self, ids: Iterable[str]) -> dict[str, str]:
        wanted = list(ids)
        found = self._payees.find({"_id": {"$in": wanted}}) if wanted else ()
        return {document["_id"]: document["event_id"] for document in found}

    def _claim(self, new: list[Document]) -> dict[str, str]:
        if not new:
            return {}
        first = {document["_id"]: document["event_id"] for document in new}
        try:
            self._payees.insert_many(new, ordered=False)
        except BulkWriteError as error:
            # Another member of the group, at work on another account of the same person, was quicker.
            first.update(self._first_events(new[index]["_id"] for index in duplicates(error)))
        return first

    def before(self, positions: Mapping[str, int], most: int) -> dict[str, list[int]]:
        if not positions:
            return {}
        found = self._database.aggregate(latest_payments(positions, most, self._notifications.name))
        return {
            each["account"]: [_milliseconds(paid["occurred_at"]) for paid in reversed(each["paid"])] for each in found
        }

    def forget(self, user_ids: Iterable[str]) -> None:
        for user_id in user_ids:
            self._payees.delete_many({"_id": {"$regex": f"^{re.escape(user_id)}\\."}})


def latest_payments(positions: Mapping[str, int], most: int, notifications: str) -> list[Document]:
    """The times of the `most` payments before a position, for many accounts at once: a loop within the server, which
    reads an entry of the index for each payment that it returns and for no other."""
    latest: list[Document] = [
        {"$match": {"$expr": {"$lt": ["$position", "$$position"]}}},
        {"$sort": {"position": DESCENDING}},
        {"$limit": most},
        {"$project": {"_id": 0, "occurred_at": 1}},
    ]
    joined = {
        "from": notifications,
        "localField": "account",
        "foreignField": "transfer.paid_from",
        "let": {"position": "$position"},
        "pipeline": latest,
        "as": "paid",
    }
    asked = [{"account": account, "position": position} for account, position in positions.items()]
    return [{"$documents": asked}, {"$lookup": joined}]


def _milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000)
