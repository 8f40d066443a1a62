"""Auth's stores, twice: in memory and real. One suite runs over both, so that a fake can be trusted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from pymongo.collection import Collection
from pymongo.database import Database
from redis import Redis

from auth_service import storage
from auth_service.redis_cache import RedisSessionCache
from contracts.session import SessionEntry, redis_key
from service_kit import mongo, redis_store
from service_kit.mongo import MongoDocument
from tests.unit.auth_service.memory import (
    MemoryCache,
    MemoryClients,
    MemoryOutbox,
    MemoryRefreshTokens,
    MemorySealedKeys,
    MemorySecondFactors,
    MemorySessions,
    MemoryTrail,
    MemoryUsers,
)
from tests.unit.auth_service.memory_credentials import MemoryCredentials, MemoryEmailChanges
from tests.unit.auth_service.memory_mail import MemoryMail

KINDS = ("memory", "real")


@dataclass(frozen=True)
class Stores:
    """The same ports, whatever is behind them. `mark` begins every id of one test."""

    mark: str
    users: Any
    sessions: Any
    trail: Any
    refresh_tokens: Any
    clients: Any
    outbox: Any
    sealed: Any
    mail: Any = None
    credentials: Any = None
    second_factors: Any = None
    email_changes: Any = None


class OwnCollections:
    """Auth's database with collections of this test's own: a relay may be running over the others.

    The audit log's entries are those of all, since nobody could remove this test's.
    """

    def __init__(self, db: Database[MongoDocument], mark: str) -> None:
        self._db, self._mark = db, mark
        self.client = db.client

    def __getattr__(self, name: str) -> Collection[MongoDocument]:
        return self._db[f"{self._mark}_{name}"]

    def list_collection_names(self) -> list[str]:
        own = f"{self._mark}_"
        return [name.removeprefix(own) for name in self._db.list_collection_names() if name.startswith(own)]

    def create_collection(self, name: str) -> None:
        self._db.create_collection(f"{self._mark}_{name}")

    def drop(self) -> None:
        for name in self.list_collection_names():
            getattr(self, name).drop()


@pytest.fixture(params=KINDS)
def stores(request: pytest.FixtureRequest) -> Iterator[Stores]:
    mark = f"t{uuid4().hex[:12]}"
    if request.param == "memory":
        outbox, trail, mail = MemoryOutbox(), MemoryTrail(), MemoryMail()
        users, sessions = MemoryUsers(outbox, trail, mail), MemorySessions(outbox, trail)
        users.sessions = sessions
        credentials = MemoryCredentials(users, sessions, outbox, trail, mail)
        yield Stores(
            mark,
            users,
            sessions,
            trail,
            MemoryRefreshTokens(sessions),
            MemoryClients(),
            outbox,
            MemorySealedKeys(),
            mail,
            credentials,
            MemorySecondFactors(outbox, trail, users, sessions),
            MemoryEmailChanges(users, credentials),
        )
        return
    client = mongo.connect(request.getfixturevalue("mongo_url")("auth_service"), "auth-tests")
    db = OwnCollections(storage.database(client), mark)
    storage.create_indexes(db)  # type: ignore[arg-type]
    yield Stores(
        mark,
        storage.MongoUsers(db),  # type: ignore[arg-type]
        storage.MongoSessions(db),  # type: ignore[arg-type]
        storage.MongoTrail(db),  # type: ignore[arg-type]
        storage.MongoRefreshTokens(db),  # type: ignore[arg-type]
        storage.MongoClients(db),  # type: ignore[arg-type]
        storage.MongoOutbox(db),  # type: ignore[arg-type]
        storage.MongoSealedKeys(db),  # type: ignore[arg-type]
        storage.MongoMailOrders(db),  # type: ignore[arg-type]
        storage.MongoCredentials(db),  # type: ignore[arg-type]
        storage.MongoSecondFactors(db),  # type: ignore[arg-type]
        storage.MongoEmailChanges(db),  # type: ignore[arg-type]
    )
    db.drop()
    client.close()


@dataclass(frozen=True)
class Cache:
    """A session cache and a look at what is in it."""

    cache: Any
    read: Callable[[str], SessionEntry | None]


@pytest.fixture(params=KINDS)
def session_cache(request: pytest.FixtureRequest) -> Iterator[Cache]:
    if request.param == "memory":
        memory = MemoryCache()
        yield Cache(memory, lambda cookie: memory.entries.get(redis_key(cookie).removeprefix("session:")))
        return
    redis: Redis = redis_store.connect(request.getfixturevalue("redis_url")("auth_service"), "auth-tests")

    def read(cookie: str) -> SessionEntry | None:
        value = redis.get(redis_key(cookie))
        return SessionEntry.from_json(value) if isinstance(value, bytes) else None

    yield Cache(RedisSessionCache(redis), read)
    redis.close()
