"""The only module of auth that knows MongoDB: database `auth`, its collections and indexes.

users         _id = user id; unique username
sessions      _id = session id; unique cookie_hash where there is one; removed by TTL some time after their end
clients       _id = client id
signing_keys  _id = kid; the private key encrypted
outbox        _id = event id (UUID 7, so their order is that of time); removed once published
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from pymongo import ASCENDING, DESCENDING, MongoClient
from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError
from pymongo.read_concern import ReadConcern

from auth_service.domain import BROWSER_IDLE, Client, Session, User, UsernameTaken
from auth_service.ports import OutgoingEvent
from service_kit.mongo import MAJORITY, MongoDocument
from service_kit.revocations import KEEP_SECONDS

DATABASE = "auth"
PURGE_AFTER = timedelta(seconds=KEEP_SECONDS) + timedelta(hours=1)
"""How long an ended session stays: for as long as a process may need to load that it was revoked, and a little more."""


def database(client: MongoClient[MongoDocument]) -> Database[MongoDocument]:
    """Auth's own database; its user has rights on no other."""
    return client[DATABASE]


def create_indexes(db: Database[MongoDocument]) -> None:
    """Idempotent; run by `auth_service.set_up`."""
    db.users.create_index("username", unique=True)
    db.users.create_index("roles")
    db.sessions.create_index("cookie_hash", unique=True, partialFilterExpression={"cookie_hash": {"$type": "string"}})
    db.sessions.create_index([("user_id", ASCENDING), ("created_at", DESCENDING)])
    db.sessions.create_index("ended_at", sparse=True)
    db.sessions.create_index("purge_at", expireAfterSeconds=0)
    for name in ("clients", "signing_keys", "outbox"):
        if name not in db.list_collection_names():
            # A transaction would create it too, but only after waiting for a lock on the catalog.
            db.create_collection(name)


class MongoUsers:
    """ports.Users"""

    def __init__(self, db: Database[MongoDocument]) -> None:
        self._db = db

    def add(self, user: User, event: OutgoingEvent) -> None:
        """The user and the event in one transaction: there is never one without the other."""

        def write(session: ClientSession) -> None:
            self._db.users.insert_one(_user_document(user), session=session)
            self._db.outbox.insert_one(_event_document(event, user.created_at), session=session)

        try:
            self._together(write)
        except DuplicateKeyError:
            raise UsernameTaken from None

    def add_role(self, user_id: str, role: str, event: OutgoingEvent, at: datetime) -> None:
        def write(session: ClientSession) -> None:
            self._db.users.update_one({"_id": user_id}, {"$addToSet": {"roles": role}}, session=session)
            self._db.outbox.insert_one(_event_document(event, at), session=session)

        self._together(write)

    def by_username(self, username: str) -> User | None:
        return _user(self._db.users.find_one({"username": username}))

    def by_id(self, user_id: str) -> User | None:
        return _user(self._db.users.find_one({"_id": user_id}))

    def replace_password_hash(self, user_id: str, old: str, new: str) -> None:
        self._db.users.update_one({"_id": user_id, "password_hash": old}, {"$set": {"password_hash": new}})

    def with_role(self, role: str) -> User | None:
        return _user(self._db.users.find_one({"roles": role}))

    def _together(self, write: Callable[[ClientSession], None]) -> None:
        """All that `write` does in one transaction, or nothing."""
        with self._db.client.start_session() as session:
            session.with_transaction(write, read_concern=ReadConcern("snapshot"), write_concern=MAJORITY)


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


class MongoClients:
    """ports.Clients"""

    def __init__(self, db: Database[MongoDocument]) -> None:
        self._clients = db.clients

    def by_id(self, client_id: str) -> Client | None:
        document = self._clients.find_one({"_id": client_id})
        if document is None:
            return None
        return Client(document["_id"], document["secret_hash"], tuple(document["scopes"]))

    def put(self, client: Client) -> None:
        values = {"secret_hash": client.secret_hash, "scopes": list(client.scopes)}
        self._clients.update_one({"_id": client.id}, {"$set": values}, upsert=True)


class MongoOutbox:
    """The events that wait for Kafka; read by the relay, written with what they tell of."""

    def __init__(self, db: Database[MongoDocument]) -> None:
        self._outbox = db.outbox

    def waiting(self, limit: int) -> list[OutgoingEvent]:
        """The oldest `limit` events."""
        return [
            OutgoingEvent(found["_id"], found["topic"], found["key"], found["data"], found["traceparent"])
            for found in self._outbox.find().sort("_id", ASCENDING).limit(limit)
        ]

    def remove(self, event_ids: list[str]) -> None:
        """They have been published."""
        self._outbox.delete_many({"_id": {"$in": event_ids}})

    def depth_and_oldest(self) -> tuple[int, datetime | None]:
        """How many wait, and since when the oldest does."""
        oldest = self._outbox.find_one(sort=[("_id", ASCENDING)])
        return self._outbox.count_documents({}), oldest["written_at"] if oldest else None


class MongoSealedKeys:
    """The signing keys as they are kept: encrypted."""

    def __init__(self, db: Database[MongoDocument]) -> None:
        self._keys = db.signing_keys

    def all(self) -> list[tuple[str, bytes]]:
        """(kid, encrypted private key), the newest first."""
        return [(found["_id"], found["sealed"]) for found in self._keys.find().sort("created_at", DESCENDING)]

    def add(self, kid: str, sealed: bytes, at: datetime) -> None:
        """Keep a new one."""
        self._keys.insert_one({"_id": kid, "sealed": sealed, "created_at": at})


def _user_document(user: User) -> MongoDocument:
    return {
        "_id": user.id,
        "username": user.username,
        "email": user.email,
        "roles": list(user.roles),
        "origin": user.origin,
        "created_at": user.created_at,
        "password_hash": user.password_hash,
    }


def _user(document: MongoDocument | None) -> User | None:
    if document is None:
        return None
    fields = {name: document[name] for name in ("username", "email", "origin", "created_at", "password_hash")}
    return User(id=document["_id"], roles=tuple(document["roles"]), **fields)


def _session_document(session: Session) -> MongoDocument:
    document: dict[str, Any] = {**vars(session), "roles": list(session.roles)}
    document["_id"] = document.pop("id")
    return {**document, "purge_at": session.expires_at + PURGE_AFTER}


def _session_of(document: MongoDocument) -> Session:
    fields = {name: value for name, value in document.items() if name not in ("_id", "roles", "purge_at")}
    return Session(id=document["_id"], roles=tuple(document["roles"]), **fields)


def _session(document: MongoDocument | None) -> Session | None:
    return None if document is None else _session_of(document)


def _event_document(event: OutgoingEvent, at: datetime) -> MongoDocument:
    return {
        "_id": event.id,
        "topic": event.topic,
        "key": event.key,
        "data": event.data,
        "traceparent": event.traceparent,
        "written_at": at,
    }
