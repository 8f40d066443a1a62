"""Log-in, by API (an access token) and by form (a browser session)."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from auth_service.domain import (
    API_SESSION,
    BROWSER_SESSION,
    PASSWORD_MAX,
    Door,
    InvalidCredentials,
    Session,
    User,
    scopes_of,
    whole_milliseconds,
)
from auth_service.metrics import AuthMetrics
from auth_service.ports import Passwords, SessionCache, Sessions, SigningKeys, Users
from auth_service.signing import sign
from contracts.access_token import LIFETIME_SECONDS, AccessToken
from contracts.session import CACHE_SECONDS, SessionEntry, session_hash
from service_kit.clock import Clock


@dataclass(frozen=True)
class TokenGrant:
    """What an API client gets."""

    access_token: str
    expires_in: int
    scopes: frozenset[str]


@dataclass(frozen=True)
class BrowserLogIn:
    """What a browser gets: the cookie's value, which is kept nowhere, and its session."""

    cookie: str
    session: Session


def entry_of(session: Session) -> SessionEntry:
    """The session as other services read it."""
    expires_at = int(session.expires_at.timestamp())
    return SessionEntry(session.id, session.user_id, session.username, session.roles, expires_at)


@dataclass(frozen=True)
class LogIn:
    """Raises InvalidCredentials; an unknown name takes as long as a wrong password and is answered the same."""

    users: Users
    sessions: Sessions
    passwords: Passwords
    keys: SigningKeys
    cache: SessionCache
    clock: Clock
    new_id: Callable[[], str]
    metrics: AuthMetrics
    new_cookie: Callable[[], str] = lambda: secrets.token_urlsafe(32)

    def by_api(self, username: str, password: str) -> TokenGrant:
        """Open a session of one token's length and sign that token."""
        user = self._person("api", username, password)
        now = whole_milliseconds(self.clock.now())
        session = Session(
            id=self.new_id(),
            user_id=user.id,
            username=user.username,
            roles=user.roles,
            door="api",
            created_at=now,
            last_seen_at=now,
            expires_at=now + API_SESSION,
        )
        key = self.keys.current()
        self.sessions.add(session)
        issued_at = int(now.timestamp())
        token = AccessToken(
            user_id=user.id,
            username=user.username,
            session_id=session.id,
            token_id=self.new_id(),
            roles=user.roles,
            scopes=scopes_of(user.roles),
            issued_at=issued_at,
            expires_at=issued_at + LIFETIME_SECONDS,
        )
        return TokenGrant(sign(token, key), LIFETIME_SECONDS, token.scopes)

    def by_form(self, username: str, password: str) -> BrowserLogIn:
        """Open a browser session under a new cookie: one that was planted beforehand opens nothing."""
        user = self._person("browser", username, password)
        cookie = self.new_cookie()
        session = self._browser_session(user, session_hash(cookie), whole_milliseconds(self.clock.now()))
        self.sessions.add(session)
        self.cache.put(session_hash(cookie), entry_of(session), CACHE_SECONDS)
        return BrowserLogIn(cookie, session)

    def _browser_session(self, user: User, cookie_hash: str, now: datetime) -> Session:
        return Session(
            id=self.new_id(),
            user_id=user.id,
            username=user.username,
            roles=user.roles,
            door="browser",
            created_at=now,
            last_seen_at=now,
            expires_at=now + BROWSER_SESSION,
            cookie_hash=cookie_hash,
        )

    def _person(self, door: Door, username: str, password: str) -> User:
        user = self.users.by_username(username.strip().lower())
        password_hash = user.password_hash if user is not None else None
        right = len(password) <= PASSWORD_MAX and self.passwords.verify(password, password_hash)
        self.metrics.logged_in(door, right)
        if user is None or not right:
            raise InvalidCredentials
        if self.passwords.is_outdated(user.password_hash):
            self.users.replace_password_hash(user.id, user.password_hash, self.passwords.hash(password))
        return user
