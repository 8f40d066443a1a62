"""Who has paid whom, and how often lately, in MongoDB."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from pymongo import DESCENDING
from pymongo.errors import BulkWriteError

from notification_service.ports import Pair
from notification_service.storage.bulk import duplicates
from notification_service.storage.collections import Collections, Document

KNOWN_MAX = 100_000
"""So many pairs are remembered by a process, in some 25 MB."""


class MongoPayments:
    """`notification_service.ports.Payments` on real ground.

    A pair is one document that is written once, with the event that it was seen in first: who asks for that event
    again gets the same answer. So this process remembers the answers that it got. When an account paid is what its
    owner was told.
    """

    def __init__(self, collections: Collections) -> None:
        self._known: dict[str, str] = {}
        self._database = collections.database
        self._payees = collections.payees
        self._notifications = collections.notifications

    def first(self, pairs: Sequence[Pair]) -> list[bool]:
        ids = [f"{pair.payer}.{pair.payee}" for pair in pairs]
        wanted = dict(zip(reversed(ids), reversed(pairs), strict=True))
        known = self._known
        if len(known) > KNOWN_MAX:
            known.clear()
        known.update(self._first_events(id for id in wanted if id not in known))
        known.update(self._claim([{"_id": id, "event_id": wanted[id].event_id} for id in wanted if id not in known]))
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
        return {each["account"]: each["paid"][::-1] for each in found}

    def forget(self, user_ids: Iterable[str]) -> None:
        for user_id in user_ids:
            self._known = {pair: event for pair, event in self._known.items() if not pair.startswith(user_id)}
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
    times = {"$map": {"input": "$paid", "in": {"$toLong": "$$this.occurred_at"}}}
    return [{"$documents": asked}, {"$lookup": joined}, {"$project": {"account": 1, "paid": times}}]
