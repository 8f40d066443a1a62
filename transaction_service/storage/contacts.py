"""What a person keeps about payees, and how often they asked after strangers. No part of the ledger: the web process
writes it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from pymongo import ReturnDocument

from transaction_service.domain.commands import MAIN
from transaction_service.domain.limits import paid_id
from transaction_service.ports import Contact, PaidBefore, Saved
from transaction_service.storage.collections import Collections, Document

HOUR = timedelta(hours=1)


class MongoContacts:
    """One document a user, so that a name is in it once and their number is bounded, whoever saves at the same time."""

    def __init__(self, collections: Collections) -> None:
        self._contacts = collections.contacts

    def of(self, user_id: str) -> list[Contact]:
        """By username."""
        document = self._contacts.find_one({"_id": user_id}) or {"contacts": []}
        return sorted((Contact(**contact) for contact in document["contacts"]), key=lambda contact: contact.username)

    def put(self, user_id: str, contact: Contact, most: int) -> Saved:
        """Add a contact, or give one that is there this label; FULL where there are `most` already."""
        self._contacts.update_one({"_id": user_id}, {"$setOnInsert": {"contacts": []}}, upsert=True)
        free = {
            "_id": user_id,
            "contacts.username": {"$ne": contact.username},
            f"contacts.{most - 1}": {"$exists": False},
        }
        if self._contacts.update_one(free, {"$push": {"contacts": contact._asdict()}}).matched_count:
            return Saved.NEW
        own: Document = {"_id": user_id, "contacts.username": contact.username}
        changed = self._contacts.update_one(own, {"$set": {"contacts.$.label": contact.label}})
        return Saved.CHANGED if changed.matched_count else Saved.FULL

    def remove(self, user_id: str, username: str) -> bool:
        """Whether it was there."""
        removed = self._contacts.update_one({"_id": user_id}, {"$pull": {"contacts": {"username": username}}})
        return removed.modified_count == 1

    def forget(self, user_id: str) -> None:
        """Remove all contacts of a person who has left."""
        self._contacts.delete_one({"_id": user_id})


class MongoPayees:
    """What the ledger knows of usernames; reads by the index over them."""

    def __init__(self, collections: Collections) -> None:
        self._accounts = collections.accounts
        self._paid = collections.paid

    def exists(self, username: str) -> bool:
        """Whether somebody of that name can be paid."""
        return self._accounts.find_one({"username": username, "purpose": MAIN}, {"_id": 1}) is not None

    def paid_before(self, user_id: str, usernames: Sequence[str]) -> dict[str, PaidBefore]:
        """Those of the usernames whom the user has sent something, in whatever currency."""
        accounts = self._accounts.find({"username": {"$in": list(usernames)}, "purpose": MAIN}, {"username": 1})
        owners = {paid_id(user_id, account["_id"]): account["username"] for account in accounts}
        found: dict[str, PaidBefore] = {}
        for paid in self._paid.find({"_id": {"$in": list(owners)}}, {"first_at": 1, "day": 1}):
            name, here = owners[paid["_id"]], PaidBefore(paid["first_at"], paid["day"])
            there = found.get(name, here)
            found[name] = PaidBefore(min(there.first_at, here.first_at), max(there.last_day, here.last_day))
        return found


class MongoLookups:
    """Counts by the hour, for all replicas together; a count goes with its hour."""

    def __init__(self, collections: Collections) -> None:
        self._lookups = collections.lookups

    def count(self, user_id: str, hour: datetime) -> int:
        """One more in the hour that begins at `hour`; returns how many there are then."""
        counted = self._lookups.find_one_and_update(
            {"_id": f"{user_id}>{hour.isoformat()}"},
            {"$inc": {"count": 1}, "$setOnInsert": {"over_at": hour + HOUR}},
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        assert counted is not None, "an upsert finds what it made"  # noqa: S101
        return int(counted["count"])
