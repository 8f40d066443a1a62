"""Log-in, by API (an access token) and by form (a browser session)."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from auth_service.domain import (
    API_LIMITS,
    BROWSER_LIMITS,
    NEW_ACCOUNT,
    NOBODY,
    PASSWORD_MAX,
    AccountLocked,
    Door,
    InvalidCredentials,
    Limits,
    Session,
    User,
    normal_password,
    strangers_chain,
    whole_milliseconds,
)
from auth_service.metrics import AuthMetrics
from auth_service.ports import Passwords, SessionCache, Sessions, Told, Users
from auth_service.use_cases.guard import NOWHERE, Guard, Visitor
from auth_service.use_cases.log_out import LogOut
from auth_service.use_cases.second_step import SecondStep
from auth_service.use_cases.tokens import SessionTokens, TokenGrant
from auth_service.use_cases.trails import Trails
from auth_service.use_cases.user_events import user_event
from contracts.session import CACHE_SECONDS, SessionEntry, session_hash
from service_kit.clock import Clock


@dataclass(frozen=True)
class BrowserLogIn:
    """What a browser gets: the cookie's value, which is kept nowhere, its session, and the note of a known device."""

    cookie: str
    session: Session
    device_token: str


def entry_of(session: Session) -> SessionEntry:
    """The session as other services read it."""
    expires_at = int(session.expires_at.timestamp())
    proven_at = int(session.stepped_up_at.timestamp()) if session.stepped_up_at else None
    return SessionEntry(session.id, session.user_id, session.username, session.roles, expires_at, proven_at)


@dataclass(frozen=True)
class LogIn:
    """Raises InvalidCredentials and TooManyAttempts; where there is a second factor SecondFactorRequired, whose
    challenge goes with a code to the second step, and InvalidSecondFactor.

    An unknown name takes as long as a wrong password and is answered the same. AccountLocked for who gives the right
    password of a locked account; UserChanged for who was locked, or has set up a second factor, meanwhile.
    """

    users: Users
    sessions: Sessions
    passwords: Passwords
    tokens: SessionTokens
    cache: SessionCache
    clock: Clock
    new_id: Callable[[], str]
    metrics: AuthMetrics
    trails: Trails
    guard: Guard
    second_step: SecondStep
    log_out: LogOut
    traceparent: Callable[[], str | None]
    new_cookie: Callable[[], str] = lambda: secrets.token_urlsafe(32)
    api_limits: Limits = API_LIMITS

    def by_api(self, username: str, password: str, visitor: Visitor = NOWHERE, code: str = "") -> TokenGrant:
        """Open a session, with its first access token and its first refresh token."""
        return self._tokens(*self._person("api", username, password, visitor, code), visitor)

    def second_by_api(self, challenge: str, code: str, visitor: Visitor = NOWHERE) -> TokenGrant:
        """The second step: the password was right before."""
        return self._tokens(self._answered("api", challenge, code, visitor), True, visitor)

    def by_form(self, username: str, password: str, visitor: Visitor = NOWHERE) -> BrowserLogIn:
        """Open a browser session under a new cookie: one that was planted beforehand opens nothing."""
        return self._cookie(*self._person("browser", username, password, visitor), visitor)

    def second_by_form(self, challenge: str, code: str, visitor: Visitor = NOWHERE) -> BrowserLogIn:
        """As `second_by_api`."""
        return self._cookie(self._answered("browser", challenge, code, visitor), True, visitor)

    def _person(self, door: Door, username: str, password: str, visitor: Visitor, code: str = "") -> tuple[User, bool]:
        """Who it is, and whether they have proven a second factor."""
        with self.metrics.refusing(door):
            with self.passwords.a_try():
                user = self._by_password(door, username, password, visitor)
            return user, self.second_step.after_password(user, code, visitor)

    def _answered(self, door: Door, challenge: str, code: str, visitor: Visitor) -> User:
        with self.metrics.refusing(door):
            user = self.second_step.answered(challenge, code, visitor)
        if user.lock is not None:  # since the first step
            raise AccountLocked
        return user

    def _tokens(self, user: User, proven: bool, visitor: Visitor) -> TokenGrant:
        now = self._now()
        session = self._session(user, "api", now, self.api_limits, proven)
        grant = self.tokens.first(session, now)
        self._open(session, user, visitor)
        return replace(grant, device_token=self.guard.device_token(user, visitor))

    def _cookie(self, user: User, proven: bool, visitor: Visitor) -> BrowserLogIn:
        cookie = self.new_cookie()
        now = self._now()
        made = self._session(user, "browser", now, BROWSER_LIMITS, proven, session_hash(cookie))
        session = self._open(made, user, visitor)
        self.cache.put(session_hash(cookie), entry_of(session), CACHE_SECONDS)
        return BrowserLogIn(cookie, session, self.guard.device_token(user, visitor))

    def _session(
        self, user: User, door: Door, now: datetime, limits: Limits, proven: bool, cookie_hash: str | None = None
    ) -> Session:
        self.metrics.logged_in(door)
        whence = self.trails.whence()
        return Session(
            id=self.new_id(),
            user_id=user.id,
            username=user.username,
            roles=user.session_roles,
            door=door,
            created_at=now,
            last_seen_at=now,
            expires_at=now + limits.absolute,
            cookie_hash=cookie_hash,
            idle_seconds=int(limits.idle.total_seconds()),
            device=whence.device,
            address=whence.address,
            stepped_up_at=now if proven else None,
        )

    def _open(self, session: Session, user: User, visitor: Visitor) -> Session:
        """Nobody is warned of themselves: not on a device of theirs, nor right after they have signed up."""
        own = self.guard.knows(user, visitor) or session.created_at - user.created_at < NEW_ACCOUNT

        def told(now: User, been_there: bool) -> Told:
            return self._told(now, session, own or been_there)

        opened = self.sessions.add(session, told, user.password_hash)
        if opened is None:
            raise InvalidCredentials  # it was changed in this very moment, and that ends what the old one opens
        self.log_out.tell(list(opened.ended))
        return opened.session

    def _now(self) -> datetime:
        return whole_milliseconds(self.clock.now())

    def _told(self, user: User, session: Session, known_device: bool) -> Told:
        at, door = session.created_at, session.door
        event = user_event(
            user,
            "session.started",
            event_id=self.new_id(),
            at=at,
            traceparent=self.traceparent(),
            session_id=session.id,
            door=door,
            device=session.device,
            known_device=known_device,
        )
        return Told(self.trails.act(user.id, "session.started", at, session=session.id, door=door), event)

    def _by_password(self, door: Door, username: str, password: str, visitor: Visitor) -> User:
        username = username.strip().lower()
        user = self.users.by_username(username)
        if user is not None and user.closed_at is not None:
            user = None
        own = self.guard.log_in(username, user, visitor)
        password_hash = user.password_hash if user is not None else None
        password = normal_password(password)
        right = len(password) <= PASSWORD_MAX and self.passwords.verify(password, password_hash)
        if user is None or not right:
            chain = user.id if user is not None else strangers_chain(username)
            self.trails.record(self.trails.act(chain, "log_in.failed", self._now(), by=NOBODY, door=door))
            raise InvalidCredentials
        self.guard.succeeded(own)
        if user.lock is not None:
            raise AccountLocked
        return self._renewed(user, password) if self.passwords.is_outdated(user.password_hash) else user

    def _renewed(self, user: User, password: str) -> User:
        """With a hash of today's parameters. Of two log-ins at once one makes it, and the other goes by that one."""
        renewed = self.passwords.hash(password)
        if self.users.replace_password_hash(user.id, user.password_hash, renewed):
            return replace(user, password_hash=renewed)
        present = self.users.by_id(user.id)
        if present is None or not self.passwords.verify(password, present.password_hash):
            raise InvalidCredentials  # it was no log-in that was faster, but a change of the password
        return present
