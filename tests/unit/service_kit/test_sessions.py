from __future__ import annotations

import pytest
from redis.exceptions import ConnectionError as RedisAway

from contracts.session import SessionEntry, redis_key
from service_kit.errors import AuthUnavailable
from service_kit.sessions import SessionReader

NOW = 1_800_000_000
COOKIE = "c" * 43
ENTRY = SessionEntry("session-1", "user-1", "demo-001", ("user",), NOW + 3600)


class World:
    """Redis, auth and the revocations, each of which may be away."""

    def __init__(self) -> None:
        self.redis: dict[str, bytes] = {}
        self.redis_away = False
        self.redis_asked = 0
        self.auth: dict[str, SessionEntry] = {COOKIE: ENTRY}
        self.auth_away = False
        self.auth_asked = 0
        self.current = True
        self.ended: set[str] = set()
        self.now = float(NOW)

    def cached(self, key: str) -> bytes | None:
        self.redis_asked += 1
        if self.redis_away:
            raise RedisAway
        return self.redis.get(key)

    def introspect(self, cookie: str) -> SessionEntry | None:
        self.auth_asked += 1
        if self.auth_away:
            raise AuthUnavailable
        return self.auth.get(cookie)

    def has_ended(self, session_id: str) -> bool:
        return session_id in self.ended


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def reader(world: World) -> SessionReader:
    return SessionReader(world.cached, world.introspect, world, clock=lambda: world.now)


def test_a_cached_session_needs_no_asking(reader: SessionReader, world: World) -> None:
    world.redis[redis_key(COOKIE)] = ENTRY.to_json()

    principal = reader.read(COOKIE)

    assert principal is not None
    assert (principal.user_id, principal.session_id, world.auth_asked) == ("user-1", "session-1", 0)


def test_an_emptied_redis_costs_time_and_gives_the_same_answer(reader: SessionReader, world: World) -> None:
    assert reader.read(COOKIE) is not None
    assert reader.read("d" * 43) is None
    assert world.auth_asked == 2


def test_a_redis_that_is_away_is_left_alone_for_a_second(reader: SessionReader, world: World) -> None:
    world.redis_away = True

    assert all(reader.read(COOKIE) is not None for _ in range(5))
    assert world.redis_asked == 1

    world.now += 1.1
    reader.read(COOKIE)
    assert world.redis_asked == 2


def test_redis_and_auth_away_is_no_answer_at_all(reader: SessionReader, world: World) -> None:
    world.redis_away = world.auth_away = True

    with pytest.raises(AuthUnavailable):
        reader.read(COOKIE)


def test_a_session_known_to_have_ended_opens_nothing_though_it_is_cached(reader: SessionReader, world: World) -> None:
    world.redis[redis_key(COOKIE)] = ENTRY.to_json()
    world.ended.add("session-1")

    assert reader.read(COOKIE) is None


def test_without_the_heartbeat_the_cache_is_not_trusted(reader: SessionReader, world: World) -> None:
    world.redis[redis_key(COOKIE)] = ENTRY.to_json()
    world.current = False
    world.auth.clear()

    assert reader.read(COOKIE) is None


def test_a_session_ends_at_its_absolute_limit(reader: SessionReader, world: World) -> None:
    world.redis[redis_key(COOKIE)] = ENTRY.to_json()
    world.now = ENTRY.expires_at

    assert reader.read(COOKIE) is None


def test_an_entry_that_auth_did_not_write_counts_as_missing(reader: SessionReader, world: World) -> None:
    world.redis[redis_key(COOKIE)] = b'{"user_id": "admin"}'

    principal = reader.read(COOKIE)

    assert principal is not None
    assert principal.user_id == "user-1"


@pytest.mark.parametrize("cookie", ["", "short", "c" * 44, "c" * 42 + "\n", "*" * 43])
def test_what_can_not_be_a_cookie_of_ours_is_asked_of_nobody(reader: SessionReader, world: World, cookie: str) -> None:
    assert reader.read(cookie) is None
    assert (world.redis_asked, world.auth_asked) == (0, 0)
