"""The session cache and the revocations channel in Redis. Neither is the truth, so neither may fail a request."""

from __future__ import annotations

from collections.abc import Iterable

import structlog
from redis import Redis
from redis.exceptions import RedisError

from contracts.session import REVOCATIONS_CHANNEL, SessionEntry, revocation_message

_log = structlog.get_logger(__name__)


class RedisSessionCache:
    """ports.SessionCache. What could not be done is logged; introspection and the heartbeat make up for it."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def put(self, cookie_hash: str, entry: SessionEntry, seconds: int) -> None:
        try:
            self._redis.set(_key(cookie_hash), entry.to_json(), ex=seconds)
        except RedisError as error:
            _log.warning("session_not_cached", error=type(error).__name__)

    def drop(self, cookie_hashes: Iterable[str]) -> None:
        keys = [_key(cookie_hash) for cookie_hash in cookie_hashes]
        if not keys:
            return
        try:
            self._redis.delete(*keys)
        except RedisError as error:
            _log.warning("session_not_dropped", error=type(error).__name__)

    def announce_ended(self, session_ids: list[str]) -> bool:
        try:
            self._redis.publish(REVOCATIONS_CHANNEL, revocation_message(session_ids))
        except RedisError as error:
            _log.warning("revocation_not_announced", error=type(error).__name__)
            return False
        return True


def _key(cookie_hash: str) -> str:
    """`contracts.session.redis_key` of the cookie that has this hash."""
    return f"session:{cookie_hash}"
