"""The session cache and the revocations channel in Redis. Neither is the truth, so neither may fail a request."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import structlog
from redis import Redis
from redis.exceptions import RedisError

from contracts.session import REVOCATIONS_CHANNEL, SessionEntry, revocation_message
from service_kit.outage_log import OutageLog
from service_kit.pause import Pause

_log = structlog.get_logger(__name__)


class RedisSessionCache:
    """ports.SessionCache. That Redis is away is logged once; introspection and the heartbeat make up for it."""

    def __init__(self, redis: Redis, pause: Pause | None = None) -> None:
        self._redis = redis
        self._pause = pause or Pause()
        self._outage = OutageLog(_log, "session_cache_away", "session_cache_back")

    def put(self, cookie_hash: str, entry: SessionEntry, seconds: int) -> None:
        """Every introspection does it. What ends a session is tried in any case, so only this one pauses."""
        if self._pause.lasts:
            return
        self._done(lambda: self._redis.set(_key(cookie_hash), entry.to_json(), ex=seconds))

    def drop(self, cookie_hashes: Iterable[str]) -> None:
        keys = [_key(cookie_hash) for cookie_hash in cookie_hashes]
        if keys:
            self._done(lambda: self._redis.delete(*keys))

    def announce_ended(self, session_ids: list[str]) -> bool:
        return self._done(lambda: self._redis.publish(REVOCATIONS_CHANNEL, revocation_message(session_ids)))

    def _done(self, command: Callable[[], object]) -> bool:
        try:
            command()
        except RedisError as error:
            self._outage.failed(error)
            self._pause.begin()
            return False
        self._outage.succeeded()
        return True


def _key(cookie_hash: str) -> str:
    """`contracts.session.redis_key` of the cookie that has this hash."""
    return f"session:{cookie_hash}"
