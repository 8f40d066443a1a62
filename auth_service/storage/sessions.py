"""Sessions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pymongo import DESCENDING
from pymongo.database import Database

from auth_service.domain import BROWSER_IDLE, Session
from auth_service.storage.collections import PURGE_AFTER
from service_kit.mongo import MongoDocument


def of_cookie(cookie_hash: str) -> MongoDocument:
    """Matches the session of a browser; names the type as well, without which MongoDB passes over the index."""
    return {"cookie_hash": {"$eq": cookie_hash, "$type": "string"}}


class MongoSessions:
    """ports.Sessions"""

    def __init__(self, db: Database[MongoDocument]) -> None:
        self._sessions = db.sessions

    def add(self, session: Session) -> None:
        self._sessions.insert_one(_session_document(session))

    def by_id(self, session_id: str) -> Session | None:
        return _session(self._sessions.find_one({"_id": session_id}))

    def by_cookie_hash(self, cookie_hash: str) -> Session | None:
        return _session(self._sessions.find_one(of_cookie(cookie_hash)))

    def seen(self, session_id: str, at: datetime) -> None:
        self._sessions.update_one({"_id": session_id}, {"$max": {"last_seen_at": at}})

    def end(self, session_id: str, at: datetime) -> bool:
        change = {"$set": {"ended_at": at, "purge_at": at + PURGE_AFTER}}
        return self._sessions.update_one({"_id": session_id, "ended_at": None}, change).modified_count == 1

    def open_of(self, user_id: str, now: datetime) -> list[Session]:
        query = {
            "user_id": user_id,
            "door": "browser",
            "ended_at": None,
            "expires_at": {"$gt": now},
            "last_seen_at": {"$gt": now - BROWSER_IDLE},
        }
        found = self._sessions.find(query).sort([("created_at", DESCENDING), ("_id", DESCENDING)]).limit(100)
        return [_session_of(document) for document in found]

    def ended_since(self, moment: datetime) -> list[str]:
        found = self._sessions.find({"ended_at": {"$gte": moment}}, {"_id": 1})
        return [document["_id"] for document in found]

    def open_count(self, now: datetime) -> dict[str, int]:
        """Open sessions by door, for the gauge."""
        query = {"ended_at": None, "expires_at": {"$gt": now}}
        groups = self._sessions.aggregate([{"$match": query}, {"$group": {"_id": "$door", "n": {"$sum": 1}}}])
        return {group["_id"]: group["n"] for group in groups}


def _session_document(session: Session) -> MongoDocument:
    document: dict[str, Any] = {**vars(session), "roles": list(session.roles)}
    document["_id"] = document.pop("id")
    return {**document, "purge_at": session.expires_at + PURGE_AFTER}


def _session_of(document: MongoDocument) -> Session:
    fields = {name: value for name, value in document.items() if name not in ("_id", "roles", "purge_at")}
    return Session(id=document["_id"], roles=tuple(document["roles"]), **fields)


def _session(document: MongoDocument | None) -> Session | None:
    return None if document is None else _session_of(document)
