"""Refresh tokens over the real MongoDB as over its fake; and refreshes at once, which only the real one can have."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from uuid import uuid4

import pytest
from cryptography.fernet import Fernet
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from auth_service import storage
from auth_service.assembly import Auth
from auth_service.domain import API_LIMITS, Exchange, RefreshToken, Session, StoredKey
from auth_service.settings import WebSettings
from auth_service.signing import new_signing_key, seal
from auth_service.storage.collections import PURGE_AFTER
from auth_service.use_cases import TokenGrant
from auth_service.use_cases.refresh import Attempt, InvalidGrant
from auth_service.wiring import connect
from tests.integration.auth_service.conftest import OwnCollections, Stores
from tests.integration.auth_service.test_storage import NOW, act, event, keep

PASSWORD = "correct horse"


def session(stores: Stores) -> Session:
    made = Session(
        id=f"{stores.mark}-s",
        user_id=f"{stores.mark}-user",
        username="demo-001",
        roles=("user",),
        door="api",
        created_at=NOW,
        last_seen_at=NOW,
        expires_at=NOW + API_LIMITS.absolute,
        idle_seconds=int(API_LIMITS.idle.total_seconds()),
    )
    keep(stores, made)
    return made


def token(stores: Stores, of: Session) -> RefreshToken:
    made = RefreshToken(f"{stores.mark}-1", of.id, NOW)
    stores.refresh_tokens.add(made, of.expires_at)
    return made


def exchange(stores: Stores, name: str = "2") -> Exchange:
    return Exchange(NOW + timedelta(minutes=4), "192.0.2.1", "key-hash", f"{stores.mark}-{name}", b"sealed")


def test_a_refresh_token_is_found_by_its_hash(stores: Stores) -> None:
    made = token(stores, session(stores))

    assert stores.refresh_tokens.by_hash(made.hash) == made
    assert stores.refresh_tokens.by_hash("none") is None


def test_an_exchange_is_kept_with_the_successor_and_the_sessions_last_use(stores: Stores) -> None:
    mine = session(stores)
    made = token(stores, mine)

    assert stores.refresh_tokens.exchange(made, exchange(stores), mine) is True

    assert stores.refresh_tokens.by_hash(made.hash) == replace(made, exchange=exchange(stores))
    assert stores.refresh_tokens.by_hash(f"{stores.mark}-2") == RefreshToken(
        f"{stores.mark}-2", mine.id, exchange(stores).at
    )
    assert stores.sessions.by_id(mine.id).last_seen_at == exchange(stores).at


def test_a_token_is_exchanged_once(stores: Stores) -> None:
    mine = session(stores)
    made = token(stores, mine)
    stores.refresh_tokens.exchange(made, exchange(stores), mine)

    assert stores.refresh_tokens.exchange(made, exchange(stores, "3"), mine) is False
    assert stores.refresh_tokens.by_hash(f"{stores.mark}-3") is None


def test_a_token_of_an_ended_session_is_not_exchanged(stores: Stores) -> None:
    mine = session(stores)
    made = token(stores, mine)
    stores.sessions.end(mine.id, act(stores))

    assert stores.refresh_tokens.exchange(made, exchange(stores), mine) is False
    assert stores.refresh_tokens.by_hash(made.hash) == made


def test_a_session_is_ended_and_told_of_once(stores: Stores) -> None:
    mine = session(stores)

    assert stores.sessions.end(mine.id, act(stores), event(stores, "r")) is True
    assert stores.sessions.end(mine.id, act(stores), event(stores, "q")) is False

    waiting = [found.id for found in stores.outbox.waiting(10_000) if found.id.startswith(stores.mark)]
    assert waiting == [event(stores, name).id for name in ("r", "user-signed-up")]
    assert stores.sessions.by_id(mine.id).ended_at == NOW


def test_the_store_forgets_sessions_and_tokens_by_itself(mongo_url: Callable[[str], str]) -> None:
    from service_kit import mongo

    client = mongo.connect(mongo_url("auth_service"), "auth-tests")
    db = OwnCollections(storage.database(client), f"t{uuid4().hex[:12]}")
    storage.create_indexes(db)  # type: ignore[arg-type]
    sessions, tokens = storage.MongoSessions(db), storage.MongoRefreshTokens(db)  # type: ignore[arg-type]
    stores = Stores("t", storage.MongoUsers(db), sessions, None, tokens, None, None, None, None)  # type: ignore[arg-type]
    made = token(stores, session(stores))
    tokens.exchange(made, exchange(stores), session_of(sessions, "t-s"))

    kept = db.sessions.find_one({"_id": "t-s"})
    expiring = [index for index in db.refresh_tokens.list_indexes() if index.get("expireAfterSeconds") == 0]
    documents = list(db.refresh_tokens.find())
    db.drop()
    client.close()

    assert kept is not None
    assert kept["purge_at"] == exchange(stores).at + API_LIMITS.idle + PURGE_AFTER
    assert [list(index["key"]) for index in expiring] == [["purge_at"]]
    assert {document["purge_at"] for document in documents} == {NOW + API_LIMITS.absolute}


def session_of(sessions: storage.MongoSessions, session_id: str) -> Session:
    found = sessions.by_id(session_id)
    assert found is not None
    return found


@pytest.fixture
def auth(mongo_url: Callable[[str], str], redis_url: Callable[[str], str]) -> Iterator[Auth]:
    settings = WebSettings(
        http_port=5000,
        mongo_url=SecretStr(mongo_url("auth_service")),
        transaction_url="http://nowhere",
        redis_url=SecretStr(redis_url("auth_service")),
        signing_key_secret=SecretStr(Fernet.generate_key().decode()),
        secret_key=SecretStr(os.urandom(16).hex()),
    )
    made, client = connect(settings, CollectorRegistry())
    storage.create_indexes(storage.database(client))
    key = new_signing_key()
    stored = StoredKey(key.kid, seal(key, settings.signing_key_secret), NOW, NOW)
    made.keys._sealed = lambda: [stored]  # type: ignore[attr-defined]
    yield made
    client.close()


def at_once(auth: Auth, attempts: list[Attempt]) -> list[TokenGrant | InvalidGrant]:
    together = Barrier(len(attempts))

    def one(attempt: Attempt) -> TokenGrant | InvalidGrant:
        together.wait(5)
        try:
            return auth.refresh(attempt)
        except InvalidGrant as refused:
            return refused

    with ThreadPoolExecutor(len(attempts)) as pool:
        return list(pool.map(one, attempts))


def test_many_refreshes_at_once_from_one_place_get_one_successor_that_holds(auth: Auth) -> None:
    name = f"t{uuid4().hex[:12]}"
    auth.sign_up(name, "demo@example.com", PASSWORD)
    grant = auth.log_in.by_api(name, PASSWORD)
    for _ in range(5):
        answers = at_once(auth, [Attempt(grant.refresh_token, "192.0.2.1")] * 8)
        assert all(isinstance(answer, TokenGrant) for answer in answers), answers
        [successor] = {answer.refresh_token for answer in answers if isinstance(answer, TokenGrant)}
        grant = next(answer for answer in answers if isinstance(answer, TokenGrant))
        assert grant.refresh_token == successor
        assert auth.introspect.token(grant.access_token).username == name


def test_of_a_client_and_a_thief_at_once_one_is_served_and_the_session_goes_on(auth: Auth) -> None:
    name = f"t{uuid4().hex[:12]}"
    auth.sign_up(name, "demo@example.com", PASSWORD)
    grant = auth.log_in.by_api(name, PASSWORD)

    answers = at_once(auth, [Attempt(grant.refresh_token, f"192.0.2.{n}") for n in range(4)])

    served = [answer for answer in answers if isinstance(answer, TokenGrant)]
    assert len(served) == 1
    assert auth.refresh(Attempt(served[0].refresh_token, "192.0.2.1")).refresh_token
