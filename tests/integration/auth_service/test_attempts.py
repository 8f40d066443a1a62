"""Counting attempts, four times: in memory, in MongoDB alone, in Redis over MongoDB, and with a Redis that is away."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from redis import Redis
from redis.exceptions import RedisError
from structlog.testing import capture_logs

from auth_service import storage
from auth_service.domain.attempts import Budget
from auth_service.redis_attempts import RedisAttempts
from auth_service.storage import MongoAttempts
from service_kit import mongo, redis_store
from service_kit.pause import Pause
from tests.integration.auth_service.conftest import OwnCollections
from tests.unit.auth_service.memory import MemoryAttempts
from tests.waiting import eventually

NOW = 4_102_444_800_000
"""The year 2100: what is in the past MongoDB removes by itself, at any moment."""


def budget(free: int = 5, window_ms: int = 3_600_000) -> Budget:
    return Budget("account", f"attempts:account:{uuid4().hex}", free, window_ms)


@pytest.fixture(scope="module")
def kept(mongo_url: Callable[[str], str]) -> Iterator[MongoAttempts]:
    client = mongo.connect(mongo_url("auth_service"), "auth-tests")
    db = OwnCollections(storage.database(client), f"t{uuid4().hex[:12]}")
    storage.create_indexes(db)  # type: ignore[arg-type]
    yield MongoAttempts(db)  # type: ignore[arg-type]
    db.drop()
    client.close()


@pytest.fixture(scope="module")
def redis(redis_url: Callable[[str], str]) -> Iterator[Redis]:
    """The stack's, as auth's own user there."""
    client = redis_store.connect(redis_url("auth_service"), "auth-tests")
    yield client
    client.close()


@pytest.fixture(params=["memory", "mongo", "redis", "redis away"])
def attempts(request: pytest.FixtureRequest) -> Any:
    if request.param == "memory":
        return MemoryAttempts()
    kept = request.getfixturevalue("kept")
    if request.param == "mongo":
        return kept
    if request.param == "redis":
        return RedisAttempts(request.getfixturevalue("redis"), kept)
    return RedisAttempts(redis_store.connect("redis://127.0.0.1:1/0", "auth-tests"), kept)


def waits(attempts: Any, budgets: list[Budget], times: int, at: int = NOW) -> list[int]:
    answers = [attempts.take(budgets, at) for _ in range(times)]
    return [answer.wait_ms if answer else 0 for answer in answers]


def test_free_ones_then_a_delay_at_whose_end_the_next_is_let_through(attempts: Any) -> None:
    one = budget()

    assert waits(attempts, [one], 7) == [0, 0, 0, 0, 0, 2000, 2000]
    assert waits(attempts, [one], 1, NOW + 1999) == [1]
    assert waits(attempts, [one], 2, NOW + 2000) == [0, 4000]


def test_the_longest_wait_counts_and_a_refusal_counts_nowhere(attempts: Any) -> None:
    small, large = budget(free=1), budget(free=3)

    assert waits(attempts, [large], 3) == [0, 0, 0]
    assert attempts.take([small, large], NOW).wait_ms == 2000
    assert waits(attempts, [small], 2) == [0, 2000]


def test_what_is_forgotten_begins_anew(attempts: Any) -> None:
    one, other = budget(), budget()
    waits(attempts, [one, other], 5)

    attempts.forget(one)

    assert waits(attempts, [one], 6) == [0, 0, 0, 0, 0, 2000]
    assert waits(attempts, [other], 1) == [2000]


def test_the_window_ends(attempts: Any) -> None:
    one = budget(window_ms=60_000)
    waits(attempts, [one], 5)

    assert waits(attempts, [one], 6, NOW + 60_000) == [0, 0, 0, 0, 0, 2000]


@pytest.mark.parametrize("attempts", ["mongo", "redis", "redis away"], indirect=True)
def test_of_many_at_once_no_more_are_let_through_than_one_after_the_other(attempts: Any) -> None:
    one = budget()

    with ThreadPoolExecutor(24) as pool:
        answers = list(pool.map(lambda _: attempts.take([one], NOW), range(24)))

    assert answers.count(None) == 5


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 40_000), st.sampled_from(["one", "both", "forget"])), max_size=30))
@example([(0, "one"), (0, "one"), (0, "one"), (1_000, "both"), (2_000, "both")])
def test_the_script_does_what_the_rule_says(kept: MongoAttempts, redis: Redis, history: list[tuple[int, str]]) -> None:
    real, model, now = RedisAttempts(redis, kept), MemoryAttempts(), NOW
    one, other = budget(free=3, window_ms=100_000), budget(free=6, window_ms=50_000)
    for pause, what in history:
        now += pause
        if what == "forget":
            real.forget(one)
            model.forget(one)
        else:
            budgets = [one] if what == "one" else [one, other]
            assert real.take(budgets, now) == model.take(budgets, now)
            assert [kept.tally(each) for each in budgets] == [model.tallies.get(each.key) for each in budgets]


class OwnRedis:
    """A server of this test's own, which it may empty and kill."""

    def __init__(self, folder: Path) -> None:
        self._socket = folder / "redis.sock"
        self._process: subprocess.Popen[bytes] | None = None
        self.client = Redis(unix_socket_path=str(self._socket), socket_timeout=2)

    def start(self) -> None:
        command = ["redis-server", "--port", "0", "--unixsocket", str(self._socket), "--save", ""]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        eventually(self._answers, what="a Redis of the test's own")

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except RedisError:
            return False


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[OwnRedis]:
    server = OwnRedis(tmp_path)
    server.start()
    yield server
    server.client.close()
    server.stop()


def test_an_emptied_redis_gives_nobody_a_free_try(own_redis: OwnRedis, kept: MongoAttempts) -> None:
    attempts, one, other = RedisAttempts(own_redis.client, kept), budget(), budget(free=50)
    for _ in range(5):
        assert attempts.take([one, other], NOW) is None
        own_redis.client.flushall()

    assert waits(attempts, [one, other], 2) == [2000, 2000]
    assert own_redis.client.exists(one.key, other.key) == 2


def test_a_redis_that_dies_and_comes_back_empty_gives_nobody_a_free_try(
    own_redis: OwnRedis, kept: MongoAttempts
) -> None:
    seconds = count(0, 1)  # a second later each time, so that no pause lasts
    attempts, one = RedisAttempts(own_redis.client, kept, Pause(lambda: next(seconds))), budget()
    waits(attempts, [one], 2)

    own_redis.stop()
    with capture_logs() as logs:
        assert waits(attempts, [one], 4) == [0, 0, 0, 2000]
        own_redis.start()
        assert waits(attempts, [one], 1) == [2000]

    assert [line["event"] for line in logs] == ["attempts_counted_without_redis", "attempts_counted_by_redis_again"]


def test_a_redis_that_comes_back_with_old_counts_is_set_right(own_redis: OwnRedis, kept: MongoAttempts) -> None:
    attempts, one = RedisAttempts(own_redis.client, kept), budget()
    waits(attempts, [one], 3)
    waits(kept, [one], 2)  # as by another process, which didn't reach Redis

    assert waits(attempts, [one], 2) == [2000, 2000]


@pytest.mark.parametrize("elsewhere", range(1, 5))
def test_a_redis_that_comes_back_with_old_counts_gives_nobody_a_free_try(
    own_redis: OwnRedis, kept: MongoAttempts, elsewhere: int
) -> None:
    attempts, one = RedisAttempts(own_redis.client, kept), budget()
    waits(attempts, [one], 1)
    waits(kept, [one], elsewhere)

    assert waits(attempts, [one], 5 - elsewhere) == [0] * (4 - elsewhere) + [2000]


def test_a_redis_that_failed_is_left_alone_for_a_second(own_redis: OwnRedis, kept: MongoAttempts) -> None:
    seconds = [0.0]
    attempts, one = RedisAttempts(own_redis.client, kept, Pause(lambda: seconds[0])), budget()
    own_redis.stop()
    with capture_logs() as logs:
        waits(attempts, [one], 1)
        own_redis.start()
        waits(attempts, [one], 1)
        attempts.forget(budget())
        assert not own_redis.client.exists(one.key)
        seconds[0] = 1.0
        waits(attempts, [one], 1)

    assert own_redis.client.hget(one.key, "count") == b"3"
    assert [line["event"] for line in logs] == ["attempts_counted_without_redis", "attempts_counted_by_redis_again"]


def test_a_count_ends_by_itself_in_redis(own_redis: OwnRedis, kept: MongoAttempts) -> None:
    one = budget(window_ms=60_000)
    RedisAttempts(own_redis.client, kept).take([one], NOW)

    assert 0 < int(own_redis.client.pttl(one.key)) <= 60_000  # type: ignore[arg-type]
