"""Saying whether a token or a session still holds: from MongoDB, the truth."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from auth_service.domain import RefreshToken, Session
from auth_service.opaque_tokens import hash_of, looks_like_one
from auth_service.ports import Clients, RefreshTokens, SessionCache, Sessions
from auth_service.use_cases.log_in import entry_of
from auth_service.use_cases.service_tokens import client_of
from contracts.access_token import AccessToken
from contracts.session import CACHE_SECONDS, session_hash
from service_kit.clock import Clock
from service_kit.errors import TokenInvalid, TokenRevoked
from service_kit.principal import Principal
from service_kit.revocations import KEEP_SECONDS
from service_kit.signing_keys import KeySource
from service_kit.tokens import check_times, decode

SEEN_EVERY = timedelta(seconds=60)
"""How exactly the idle limit is kept: a session in use costs at most one write in this long."""


@dataclass(frozen=True)
class Introspect:
    """Auth's own reading of what it gave out; other services ask it over HTTP."""

    sessions: Sessions
    refresh_tokens: RefreshTokens
    clients: Clients
    keys: KeySource
    cache: SessionCache
    clock: Clock

    def read(self, token: str) -> AccessToken:
        """What the token says, whether its session has ended or not; raises TokenInvalid, TokenExpired."""
        read = decode(token, self.keys)
        check_times(read, self.clock.now().timestamp())
        return read

    def token(self, token: str) -> AccessToken:
        """Raises TokenInvalid, TokenExpired, TokenRevoked."""
        read = self.read(token)
        client_id = client_of(read.user_id)
        if client_id is not None:
            if self.clients.by_id(client_id) is None:
                raise TokenRevoked
            return read
        session = self.sessions.by_id(read.session_id)
        if session is None:
            raise TokenInvalid("The token belongs to no session of ours.")
        if not session.is_open(self.clock.now()):
            raise TokenRevoked
        return read

    def refresh_token(self, token: str) -> tuple[RefreshToken, Session] | None:
        """The token and its open session; None where it is unknown or used up."""
        found = self.refresh_tokens.by_hash(hash_of(token)) if looks_like_one(token) else None
        session = self.sessions.by_id(found.session_id) if found and found.exchange is None else None
        if found is None or session is None or not session.is_open(self.clock.now()):
            return None
        return found, session

    def verify(self, token: str) -> Principal:
        """As `service_kit.tokens.TokenVerifier` does it, without its memory: auth asks the truth each time."""
        read = self.token(token)
        return Principal(read.user_id, read.username, read.roles, read.scopes, read.session_id, read.stepped_up_at)

    def session(self, cookie: str) -> Session | None:
        """The open session of a cookie's value; it counts as used, and is cached for the other services."""
        cookie_hash = session_hash(cookie)
        session = self.sessions.by_cookie_hash(cookie_hash)
        now = self.clock.now()
        if session is None or not session.is_open(now):
            return None
        if now - session.last_seen_at > SEEN_EVERY:
            self.sessions.seen(session, now)
        seconds = min(CACHE_SECONDS, int((session.expires_at - now).total_seconds()))
        if seconds > 0:
            self.cache.put(cookie_hash, entry_of(session), seconds)
        return session

    def revoked_lately(self) -> list[str]:
        """The sessions that ended so lately that a token or a cached entry may still speak for them."""
        return self.sessions.ended_since(self.clock.now() - timedelta(seconds=KEEP_SECONDS))
