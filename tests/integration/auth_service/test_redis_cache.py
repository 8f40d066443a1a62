from __future__ import annotations

import time
from collections.abc import Callable
from uuid import uuid4

from structlog.testing import capture_logs

from auth_service.redis_cache import RedisSessionCache
from contracts.session import SessionEntry, session_hash
from service_kit import redis_store
from tests.integration.auth_service.conftest import Cache

ENTRY = SessionEntry("session-1", "user-1", "demo-001", ("user",), int(time.time()) + 60)


def test_an_entry_is_found_by_the_cookie_that_it_belongs_to(session_cache: Cache) -> None:
    cookie = uuid4().hex

    session_cache.cache.put(session_hash(cookie), ENTRY, 60)

    assert session_cache.read(cookie) == ENTRY


def test_a_dropped_entry_is_gone_and_dropping_nothing_is_harmless(session_cache: Cache) -> None:
    cookie = uuid4().hex
    session_cache.cache.put(session_hash(cookie), ENTRY, 60)

    session_cache.cache.drop([session_hash(cookie)])
    session_cache.cache.drop([])

    assert session_cache.read(cookie) is None


def test_an_announcement_can_be_made(session_cache: Cache) -> None:
    assert session_cache.cache.announce_ended(["session-1"]) is True


def test_an_entry_ends_by_itself(redis_url: Callable[[str], str]) -> None:
    redis = redis_store.connect(redis_url("auth_service"), "auth-tests")
    cookie = uuid4().hex

    RedisSessionCache(redis).put(session_hash(cookie), ENTRY, 30)

    assert 0 < int(redis.ttl(f"session:{session_hash(cookie)}")) <= 30  # type: ignore[arg-type]
    redis.close()


def test_a_redis_that_is_away_fails_nothing_and_is_logged_once() -> None:
    cache = RedisSessionCache(redis_store.connect("redis://127.0.0.1:1/0", "auth-tests"))

    with capture_logs() as logs:
        cache.put("hash", ENTRY, 30)
        cache.drop(["hash"])
        assert cache.announce_ended(["session-1"]) is False

    assert [line["event"] for line in logs] == ["session_cache_away"]
