"""Who has paid whom, and how often lately, in MongoDB."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from pymongo import UpdateOne
from pymongo.errors import BulkWriteError

from notification_service.domain import Spree
from notification_service.ports import Owned, Pair
from notification_service.storage.bulk import duplicates
from notification_service.storage.collections import Collections, Document


class MongoPayments:
    """`notification_service.ports.Payments` on real ground.

    A pair is one document that is written once, with the event that it was seen in first: who asks for that event
    again gets the same answer. `times` and `upto` of an account only ever move on.
    """

    def __init__(self, collections: Collections) -> None:
        self._payees = collections.payees
        self._accounts = collections.paying_accounts

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

    def sprees(self, accounts: Iterable[str]) -> dict[str, Spree]:
        wanted = list(accounts)
        found = self._accounts.find({"_id": {"$in": wanted}}, {"upto": 1, "times": 1}) if wanted else ()
        return {document["_id"]: Spree(document["upto"], tuple(document["times"])) for document in found}

    def remember(self, accounts: Mapping[str, Owned]) -> None:
        if not accounts:
            return
        try:
            self._accounts.bulk_write([_unless_later(id, owned) for id, owned in accounts.items()], ordered=False)
        except BulkWriteError as error:
            # Looked at up to there, or further, by another: the filter passed it by, and the insert met its id.
            duplicates(error)

    def currencies(self, user_id: str) -> list[str]:
        found: list[str] = self._accounts.distinct("currency", {"user_id": user_id})
        return sorted(found)

    def forget(self, user_ids: Iterable[str]) -> None:
        gone = list(user_ids)
        if not gone:
            return
        for user_id in gone:
            self._payees.delete_many({"_id": {"$regex": f"^{re.escape(user_id)}\\."}})
        self._accounts.delete_many({"user_id": {"$in": gone}})


def _unless_later(account: str, owned: Owned) -> UpdateOne:
    spree = owned.spree
    state = {"user_id": owned.user_id, "currency": owned.currency, "upto": spree.upto, "times": list(spree.times)}
    return UpdateOne({"_id": account, "upto": {"$lt": spree.upto}}, {"$set": state}, upsert=True)
