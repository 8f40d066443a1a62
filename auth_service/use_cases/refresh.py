"""Refreshing: a refresh token is given for an access token and its own successor (RFC 6749, section 6)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from auth_service.domain import (
    NOBODY,
    Exchange,
    RefreshToken,
    Repetition,
    Session,
    User,
    repetition,
    scopes_of,
    whole_milliseconds,
)
from auth_service.metrics import AuthMetrics
from auth_service.opaque_tokens import hash_of, looks_like_one, open_successor, seal_successor
from auth_service.ports import RefreshTokens, SessionCache, Sessions, Users
from auth_service.use_cases.service_tokens import InvalidScope
from auth_service.use_cases.tokens import SessionTokens, TokenGrant
from auth_service.use_cases.trails import Trails
from auth_service.use_cases.user_events import user_event
from service_kit.clock import Clock
from service_kit.errors import BadRequest


class InvalidGrant(BadRequest):
    """The refresh token is unknown or used up, or its session has ended: the person must log in again."""

    code = "invalid_grant"
    title = "The refresh token is not valid"
    advice = "Log in again; unless another part of your program refreshed a moment ago, then use what it got."


@dataclass(frozen=True)
class Attempt:
    """One request to refresh. `request_key`: its Idempotency-Key; who repeats it with the request is known again."""

    token: str
    address: str
    request_key: str | None = None
    scopes: frozenset[str] | None = None

    @property
    def request_hash(self) -> str | None:
        """As it is kept."""
        return hash_of(self.request_key) if self.request_key else None


@dataclass(frozen=True)
class Refresh:
    """Rotates: each refresh token is good for one successor, and one that comes back ends its session.

    Who repeats a request whose answer was lost, or asks in two tabs at once, gets the same successor
    (docs/decisions/0024).
    """

    refresh_tokens: RefreshTokens
    sessions: Sessions
    users: Users
    tokens: SessionTokens
    cache: SessionCache
    clock: Clock
    new_id: Callable[[], str]
    traceparent: Callable[[], str | None]
    metrics: AuthMetrics
    trails: Trails

    def __call__(self, attempt: Attempt) -> TokenGrant:
        """Raises InvalidGrant, InvalidScope."""
        now = whole_milliseconds(self.clock.now())
        token = self.refresh_tokens.by_hash(hash_of(attempt.token)) if looks_like_one(attempt.token) else None
        session = self.sessions.by_id(token.session_id) if token else None
        user = self.users.by_id(session.user_id) if session else None
        if token is None or session is None or user is None or not session.is_open(now):
            raise self._refused("unknown")
        allowed = scopes_of(user.session_roles)
        if attempt.scopes is not None and not attempt.scopes <= allowed:
            raise InvalidScope(f"It may have: {' '.join(sorted(allowed))}.", error="invalid_scope")
        successor = self._successor(token, session, user, attempt, now)
        return self.tokens.grant(session, successor, now, user.session_roles, attempt.scopes)

    def _successor(self, token: RefreshToken, session: Session, user: User, attempt: Attempt, now: datetime) -> str:
        exchange = token.exchange
        if exchange is None:
            successor = self.tokens.new_token()
            sealed = seal_successor(attempt.token, successor)
            made = Exchange(now, attempt.address, attempt.request_hash, hash_of(successor), sealed)
            if self.refresh_tokens.exchange(token, made, session):
                self.metrics.refreshed("rotated")
                return successor
            # Another request was faster, or the session ended this moment.
            again = self.refresh_tokens.by_hash(token.hash)
            exchange = again.exchange if again else None
        if exchange is None:
            raise self._refused("unknown")
        return self._again(exchange, session, user, attempt, now)

    def _again(self, exchange: Exchange, session: Session, user: User, attempt: Attempt, now: datetime) -> str:
        following = self.refresh_tokens.by_hash(exchange.successor_hash)
        meaning = repetition(
            exchange,
            now=now,
            address=attempt.address,
            request_hash=attempt.request_hash,
            successor_is_exchanged=following is None or following.exchange is not None,
        )
        if meaning is Repetition.SAME:
            self.metrics.refreshed("repeated")
            return open_successor(attempt.token, exchange.sealed_successor)
        if meaning is Repetition.REUSE:
            self._end(session, user, now)
            raise self._refused("reused")
        raise self._refused("late", "It was exchanged a moment ago; its successor is the one to use.")

    def _end(self, session: Session, user: User, now: datetime) -> None:
        """The session ends with all that speaks for it; the platform hears why."""
        event = user_event(
            user,
            "session.reuse_detected",
            event_id=self.new_id(),
            at=now,
            traceparent=self.traceparent(),
            session_id=session.id,
        )
        act = self.trails.act(user.id, "refresh_token.reused", now, by=NOBODY, session=session.id)
        if self.sessions.end(session.id, act, event):
            self.metrics.sessions_ended.inc()
        self.cache.announce_ended([session.id])

    def _refused(self, outcome: str, detail: str = "") -> InvalidGrant:
        self.metrics.refreshed(outcome)
        return InvalidGrant(detail, error="invalid_grant")
