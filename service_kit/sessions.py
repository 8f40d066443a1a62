"""Who is behind a browser session: Redis first, auth's introspection when Redis doesn't know."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Protocol

import structlog
from redis.exceptions import RedisError

from contracts.access_token import USER_SCOPES
from contracts.session import InvalidSessionEntry, SessionEntry, redis_key
from service_kit.principal import Principal

_COOKIE = re.compile(r"[A-Za-z0-9_-]{43}")
_PAUSE_SECONDS = 1.0
_log = structlog.get_logger(__name__)


class EndedSessions(Protocol):
    """What `service_kit.revocations.Revocations` knows."""

    @property
    def current(self) -> bool:
        """Whether `has_ended` can be relied upon."""

    def has_ended(self, session_id: str) -> bool:
        """Whether the session is known to have ended."""


class SessionReader:
    """Turns the cookie's value into a Principal; safe to share between threads.

    Args:
        cached: the Redis entry of a key, or None; raises RedisError.
        introspect: asks auth about a cookie's value; None if there is no such session; raises AuthUnavailable.
        clock: seconds since 1970 UTC.
    """

    def __init__(
        self,
        cached: Callable[[str], bytes | None],
        introspect: Callable[[str], SessionEntry | None],
        ended: EndedSessions,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._cached = cached
        self._introspect = introspect
        self._ended = ended
        self._clock = clock
        self._redis_away_until = float("-inf")

    def read(self, cookie: str) -> Principal | None:
        """Who the cookie's session belongs to; None if there is none or it has ended.

        Raises:
            AuthUnavailable: neither Redis nor auth can tell.
        """
        if not _COOKIE.fullmatch(cookie):
            return None
        entry = self._from_redis(cookie) if self._ended.current else None
        if entry is None:
            entry = self._introspect(cookie)
        if entry is None or entry.expires_at <= self._clock() or self._ended.has_ended(entry.session_id):
            return None
        return Principal(
            entry.user_id,
            entry.username,
            entry.roles,
            frozenset(USER_SCOPES),
            entry.session_id,
            entry.stepped_up_at,
        )

    def _from_redis(self, cookie: str) -> SessionEntry | None:
        """The cached entry. A Redis that failed is left alone for a second, so that it doesn't slow every page."""
        if self._clock() < self._redis_away_until:
            return None
        try:
            value = self._cached(redis_key(cookie))
            return SessionEntry.from_json(value) if value is not None else None
        except RedisError as error:
            self._redis_away_until = self._clock() + _PAUSE_SECONDS
            _log.warning("session_cache_away", error=type(error).__name__)
        except InvalidSessionEntry as error:
            _log.warning("session_entry_not_understood", detail=str(error))
        return None
