"""A Redis that hangs, and what it may cost."""

from __future__ import annotations

from redis.exceptions import TimeoutError as RedisTimeout

from auth_service.redis_cache import RedisSessionCache
from contracts.session import SessionEntry
from service_kit.pause import Pause

ENTRY = SessionEntry("session-1", "user-1", "demo-001", ("user",), 1_700_000_000)


class Hanging:
    """Each command ends by its time limit; the commands are kept."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __getattr__(self, command: str):  # type: ignore[no-untyped-def]
        def hang(*_: object, **__: object) -> None:
            self.asked.append(command)
            raise RedisTimeout

        return hang


def test_one_introspection_a_second_waits_for_it_and_a_log_out_in_any_case() -> None:
    redis, seconds = Hanging(), [0.0]
    cache = RedisSessionCache(redis, Pause(lambda: seconds[0]))  # type: ignore[arg-type]

    for _ in range(5):
        cache.put("hash", ENTRY, 60)
    assert redis.asked == ["set"]
    seconds[0] = 0.9
    cache.put("hash", ENTRY, 60)
    cache.drop(["hash"])
    assert not cache.announce_ended(["session-1"])
    assert redis.asked == ["set", "delete", "publish"]
    seconds[0] = 2.0
    cache.put("hash", ENTRY, 60)
    assert redis.asked[3:] == ["set"]
