"""Sessions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from pymongo import DESCENDING
from pymongo.client_session import ClientSession
from pymongo.database import Database

from auth_service.domain import (
    OLDEST_AT_ONCE,
    OPEN_SESSIONS_MAX,
    PLATFORM,
    Act,
    Opened,
    Session,
    User,
    UserChanged,
)
from auth_service.ports import OutgoingEvent, Told
from auth_service.storage import places
from auth_service.storage.audit import append
from auth_service.storage.collections import PURGE_AFTER
from auth_service.storage.outbox import event_document
from auth_service.storage.telling import tell
from auth_service.storage.together import together
from auth_service.storage.user_document import user_of
from contracts.access_token import NEWCOMER
from service_kit.mongo import MongoDocument


def of_cookie(cookie_hash: str) -> MongoDocument:
    """Matches the session of a browser; names the type as well, without which MongoDB passes over the index."""
    return {"cookie_hash": {"$eq": cookie_hash, "$type": "string"}}


def seen_change(session: Session, at: datetime) -> MongoDocument:
    """Somebody used it: it was last seen later, and may stay for longer."""
    return {"$max": {"last_seen_at": at, "purge_at": session.ends_if_seen_at(at) + PURGE_AFTER}}


class MongoSessions:
    """ports.Sessions. `purge_at`, when a document goes, follows from when its session ends by itself."""

    def __init__(self, db: Database[MongoDocument], most_open: int = OPEN_SESSIONS_MAX) -> None:
        self._db = db
        self._sessions = db.sessions
        self.most_open = most_open

    def add(
        self, session: Session, told: Callable[[User, bool], Told], password_hash: str | None = None
    ) -> Opened | None:
        """Whoever locks the account, changes its roles, its password or its factors writes to the user's chain too.

        So of such a change and this one comes first and is seen by the other: no session slips through.
        """

        def write(within: ClientSession) -> Opened | None:
            found = self._db.users.find_one({"_id": session.user_id}, session=within)
            user = user_of(found) if found else None
            if user is None or password_hash not in (None, user.password_hash):
                return None
            if user.lock is not None or not {*session.roles} <= {*user.roles, NEWCOMER}:
                raise UserChanged
            if session.stepped_up_at is None and self._asks_for_more(user.id, within):
                raise UserChanged
            kept = session if NEWCOMER in user.session_roles else session.without_role(NEWCOMER)
            self._sessions.insert_one(_session_document(kept), session=within)
            tell(self._db, told(user, places.note(self._db, kept, within)), within)
            return Opened(kept, self._end_oldest(kept, within))

        return together(self._db, write)

    def _asks_for_more(self, user_id: str, within: ClientSession) -> bool:
        """Whether a password alone opens nothing, since there is a second factor."""
        confirmed = {"_id": user_id, "confirmed_at": {"$ne": None}}
        return self._db.second_factors.find_one(confirmed, {"_id": 1}, session=within) is not None

    def _end_oldest(self, opened: Session, within: ClientSession) -> tuple[Session, ...]:
        """Those beyond `most_open`, which the index by user and age is read up to: for most people a few entries."""
        at = opened.created_at
        others = {**_open_of(opened.user_id, at), "_id": {"$ne": opened.id}}
        newest_first = self._sessions.find(others, session=within).sort("created_at", DESCENDING)
        oldest = tuple(map(_session_of, newest_first.skip(self.most_open - 1).limit(OLDEST_AT_ONCE)))
        if oldest:
            ids = [session.id for session in oldest]
            self._sessions.update_many({"_id": {"$in": ids}}, _end_change(at), session=within)
            append(self._db, Act(opened.user_id, "sessions.ended", at, PLATFORM), within)
        return oldest

    def by_id(self, session_id: str) -> Session | None:
        return _session(self._sessions.find_one({"_id": session_id}))

    def by_cookie_hash(self, cookie_hash: str) -> Session | None:
        return _session(self._sessions.find_one(of_cookie(cookie_hash)))

    def seen(self, session: Session, at: datetime) -> None:
        self._sessions.update_one({"_id": session.id, "ended_at": None}, seen_change(session, at))

    def end(self, session_id: str, act: Act, event: OutgoingEvent | None = None) -> bool:
        def write(within: ClientSession) -> bool:
            change = self._sessions.update_one(_open(session_id), _end_change(act.at), session=within)
            ended = change.modified_count == 1
            if ended:
                append(self._db, act, within)
            if ended and event is not None:  # of a refresh token that came back: somebody else may have been there
                places.forget(self._db, act.user_id, within)
                self._db.outbox.insert_one(event_document(event, act.at), session=within)
            return ended

        return together(self._db, write)

    def step_up(self, session_id: str, act: Act) -> bool:
        def write(within: ClientSession) -> bool:
            found = prove(self._db, session_id, act, within)
            if found:
                append(self._db, act, within)
            return found

        return together(self._db, write)

    def end_all(self, user_id: str, act: Act, keep: str | None = None) -> list[Session]:
        ended: list[Session] = []

        def write(within: ClientSession) -> None:
            ended[:] = end_all(self._db, user_id, act.at, keep, within)
            if ended:
                append(self._db, act, within)

        together(self._db, write)
        return ended

    def open_of(self, user_id: str, now: datetime) -> list[Session]:
        found = (
            self._sessions.find(_open_of(user_id, now))
            .sort([("door", DESCENDING), ("created_at", DESCENDING), ("_id", DESCENDING)])
            .limit(100)
        )
        return [session for session in map(_session_of, found) if session.is_open(now)]

    def ended_since(self, moment: datetime) -> list[str]:
        found = self._sessions.find({"ended_at": {"$gte": moment}}, {"_id": 1})
        return [document["_id"] for document in found]

    def open_count(self, now: datetime) -> dict[str, int]:
        """Open sessions by door, for the gauge."""
        query = {"ended_at": None, "purge_at": {"$gt": now + PURGE_AFTER}}
        groups = self._sessions.aggregate([{"$match": query}, {"$group": {"_id": "$door", "n": {"$sum": 1}}}])
        return {group["_id"]: group["n"] for group in groups}


def end_all(
    db: Database[MongoDocument], user_id: str, at: datetime, keep: str | None, within: ClientSession
) -> list[Session]:
    """End the user's open sessions but for `keep`, in the transaction of what they end for; returns them."""
    query = {**_open_of(user_id, at), "_id": {"$ne": keep}}
    ended = list(map(_session_of, db.sessions.find(query, session=within)))
    db.sessions.update_many({"_id": {"$in": [session.id for session in ended]}}, _end_change(at), session=within)
    return ended


def prove(db: Database[MongoDocument], session_id: str, act: Act, within: ClientSession) -> bool:
    """Keep that the second factor was proven by `act` in that session of its user; False where it has ended."""
    query = {**_open(session_id), "user_id": act.user_id}
    change = {"$set": {"stepped_up_at": act.at}}
    return db.sessions.update_one(query, change, session=within).matched_count == 1


def without_role(db: Database[MongoDocument], user_id: str, role: str, within: ClientSession) -> list[Session]:
    """Take a role from the user's sessions that have it and haven't ended; returns them as they were."""
    query = {"user_id": user_id, "ended_at": None, "roles": role}
    found = list(map(_session_of, db.sessions.find(query, session=within)))
    ids = [session.id for session in found]
    db.sessions.update_many({"_id": {"$in": ids}}, {"$pull": {"roles": role}}, session=within)
    return found


def _open(session_id: str) -> MongoDocument:
    return {"_id": session_id, "ended_at": None}


def _open_of(user_id: str, now: datetime) -> MongoDocument:
    return {"user_id": user_id, "ended_at": None, "purge_at": {"$gt": now + PURGE_AFTER}}


def _end_change(at: datetime) -> MongoDocument:
    return {"$set": {"ended_at": at, "purge_at": at + PURGE_AFTER}}


def _session_document(session: Session) -> MongoDocument:
    document: dict[str, Any] = {**vars(session), "roles": list(session.roles)}
    document["_id"] = document.pop("id")
    return {**document, "purge_at": session.ends_at + PURGE_AFTER}


def _session_of(document: MongoDocument) -> Session:
    fields = {name: value for name, value in document.items() if name not in ("_id", "roles", "purge_at")}
    return Session(id=document["_id"], roles=tuple(document["roles"]), **fields)


def _session(document: MongoDocument | None) -> Session | None:
    return None if document is None else _session_of(document)
