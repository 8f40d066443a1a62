"""People in MongoDB: the latest state of each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

from pymongo import UpdateOne
from pymongo.errors import BulkWriteError

from notification_service.ports import Person
from notification_service.storage.bulk import duplicates
from notification_service.storage.collections import Collections
from notification_service.storage.notification_document import NOTHING_TOLD

EMPTIED_AT_ONCE = 5_000


class MongoPeople:
    """`notification_service.ports.People` on real ground."""

    def __init__(self, collections: Collections) -> None:
        self._people = collections.people
        self._notifications = collections.notifications

    def keep(self, people: Sequence[Person]) -> None:
        latest: dict[str, Person] = {}
        for person in sorted(people, key=lambda person: (person.closed, person.occurred_at)):
            latest[person.user_id] = person
        if not latest:
            return
        try:
            self._people.bulk_write([_unless_newer(person) for person in latest.values()], ordered=False)
        except BulkWriteError as error:
            # A newer state is there, or the last: the filter passed it by, and the insert in its place met its id.
            duplicates(error)

    def empty_inboxes(self, user_ids: Sequence[str]) -> None:
        if not user_ids:
            return
        found = self._notifications.find({"user_id": {"$in": list(user_ids)}}, {"_id": 1})
        # In parts: an inbox may hold millions, and no write may last longer than its time-out.
        while ids := [document["_id"] for document in islice(found, EMPTIED_AT_ONCE)]:
            self._notifications.update_many({"_id": {"$in": ids}}, {"$set": NOTHING_TOLD})

    def names(self, user_ids: Iterable[str]) -> dict[str, str]:
        wanted = list(user_ids)
        if not wanted:
            return {}
        found = self._people.find({"_id": {"$in": wanted}}, {"username": 1})
        return {document["_id"]: document["username"] for document in found}

    def addresses(self, user_ids: Iterable[str]) -> dict[str, str]:
        confirmed = {"_id": {"$in": list(user_ids)}, "email_confirmed": True, "email": {"$ne": None}}
        return {document["_id"]: document["email"] for document in self._people.find(confirmed, {"email": 1})}

    def gone(self, user_ids: Iterable[str]) -> set[str]:
        closed = {"_id": {"$in": list(user_ids)}, "closed": True}
        return {document["_id"] for document in self._people.find(closed, {"_id": 1})}

    def with_role(self, role: str) -> list[str]:
        return [document["_id"] for document in self._people.find({"roles": role}, {"_id": 1}).sort("_id")]


def _unless_newer(person: Person) -> UpdateOne:
    state = {
        "username": person.username,
        "roles": list(person.roles),
        "email": person.email,
        "email_confirmed": person.email_confirmed,
        "occurred_at": person.occurred_at,
        "closed": person.closed,
    }
    if person.closed:
        return UpdateOne({"_id": person.user_id}, {"$set": state}, upsert=True)
    older = {"_id": person.user_id, "occurred_at": {"$lte": person.occurred_at}, "closed": {"$ne": True}}
    return UpdateOne(older, {"$set": state}, upsert=True)
