"""The audit log's chains.

The entries are in a database of their own, where the service's user may find and insert, and nothing else. What is
rewritten or forgotten stands in `auth`: the heads of the chains, and where each act came from.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

from pymongo import ASCENDING, DESCENDING
from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.database import Database

from auth_service.domain import Act, Entry, Head, Recorded, Whence, entry_of
from auth_service.storage.together import together
from service_kit.mongo import MongoDocument

AUDIT_DATABASE = "auth_audit"
SALT_BYTES = 16
_DIGITS = 12


def append(db: Database[MongoDocument], act: Act, within: ClientSession) -> None:
    """Write an act's entry in the transaction of the change that it tells of.

    Whoever appends to the same chain meanwhile conflicts with this transaction, and one of the two begins again: a
    chain has neither gap nor fork, and the acts of one user happen one after the other.
    """
    salt = secrets.token_hex(SALT_BYTES)
    known = _head(db.audit_heads.find_one({"_id": act.user_id}, session=within)) or Head()
    head = max(known, _last(db, act.user_id, within), key=lambda end: end.seq)
    entry = entry_of(act, head, salt)
    entry_id = _id(entry.user_id, entry.seq)
    new_head = {"$set": {"seq": entry.seq, "hash": entry.hash}}
    db.audit_heads.update_one({"_id": act.user_id}, new_head, upsert=True, session=within)
    _entries(db).insert_one({"_id": entry_id, **vars(entry)}, session=within)
    whence = {"_id": entry_id, "salt": salt, **vars(act.whence)}
    db.audit_whence.insert_one(whence, session=within)


class MongoTrail:
    """ports.Trail"""

    def __init__(self, db: Database[MongoDocument]) -> None:
        self._db = db
        self._entries = _entries(db)

    def append(self, act: Act) -> None:
        together(self._db, lambda within: append(self._db, act, within))

    def of(self, user_id: str, limit: int, before: int | None = None) -> list[Recorded]:
        query = of_user(user_id, before)
        entries = [_entry(found) for found in self._entries.find(query).sort("_id", DESCENDING).limit(limit)]
        ids = [_id(entry.user_id, entry.seq) for entry in entries]
        whences = {found["_id"]: found for found in self._db.audit_whence.find({"_id": {"$in": ids}})}
        return [Recorded(entry, _whence(whences.get(id))) for id, entry in zip(ids, entries, strict=True)]

    def chains(self) -> list[str]:
        """Whose there are: those with a head and those with entries, sorted."""
        owner = {"$arrayElemAt": [{"$split": [{"$toString": "$_id"}, ":"]}, 0]}
        with_entries = self._entries.aggregate([{"$group": {"_id": owner}}], allowDiskUse=True)
        heads = self._db.audit_heads.find({}, {"_id": 1})
        return sorted({found["_id"] for found in with_entries} | {found["_id"] for found in heads})

    def head_of(self, user_id: str) -> Head | None:
        """What the service remembers of a chain's end."""
        return _head(self._db.audit_heads.find_one({"_id": user_id}))

    def entries_of(self, user_id: str) -> Iterator[MongoDocument]:
        """A whole chain in order, as it is kept."""
        return self._entries.find(of_user(user_id), {"_id": 0}).sort("_id", ASCENDING)


def _last(db: Database[MongoDocument], user_id: str, within: ClientSession) -> Head:
    """The end of the chain itself: where `auth` was restored alone, its head is lost or an old one."""
    found = _entries(db).find_one(of_user(user_id), sort=[("_id", DESCENDING)], session=within)
    return _head(found) or Head()


def _entries(db: Database[MongoDocument]) -> Collection[MongoDocument]:
    return db.client[AUDIT_DATABASE].entries


def _id(user_id: str, seq: int) -> str:
    """Sorts as the numbers do, so that the index of `_id` serves a chain in both directions."""
    return f"{user_id}:{seq:0{_DIGITS}d}"


def of_user(user_id: str, before: int | None = None) -> MongoDocument:
    """Matches the documents of one chain, up to an entry."""
    end = _id(user_id, before) if before is not None else f"{user_id};"  # the character after ":"
    return {"_id": {"$gt": f"{user_id}:", "$lt": end}}


def _entry(document: dict[str, Any]) -> Entry:
    return Entry(**{name: value for name, value in document.items() if name != "_id"})


def _head(document: dict[str, Any] | None) -> Head | None:
    return None if document is None else Head(document["seq"], document["hash"])


def _whence(document: dict[str, Any] | None) -> Whence | None:
    return None if document is None else Whence(document["address"], document["device"])
