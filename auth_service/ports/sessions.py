"""Presence, and the tokens that come of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Protocol

from auth_service.domain import Act, Exchange, Opened, RefreshToken, Session, User
from auth_service.ports.told import OutgoingEvent, Told
from contracts.session import SessionEntry


class Sessions(Protocol):
    """The truth about sessions. What is done to one is kept with its entry in the audit log, both or neither."""

    def add(
        self, session: Session, told: Callable[[User, bool], Told], password_hash: str | None = None
    ) -> Opened | None:
        """Keep it with what is told of it, all or nothing; return it as it is kept: whoever is no newcomer any more, is
        none in it. Where its user has too many open, the oldest end with it, told by an entry.

        `told` is given the user as they are then, and whether they have logged in from there before: with the same
        device and address, within half a year and since their sign-in was last in doubt.

        None, and nothing kept, for nobody and where the user's password is another by now than the one of
        `password_hash`. Raises UserChanged where the user was locked, has lost a role, or has a second factor that
        wasn't proven for this session, since the session was made.
        """

    def by_id(self, session_id: str) -> Session | None: ...

    def by_cookie_hash(self, cookie_hash: str) -> Session | None: ...

    def seen(self, session: Session, at: datetime) -> None:
        """Somebody used it."""

    def end(self, session_id: str, act: Act, event: OutgoingEvent | None = None) -> bool:
        """Return whether it was open until now; ended for good either way, told (by `event` too) only if it was."""

    def step_up(self, session_id: str, act: Act) -> bool:
        """The person has proven their second factor in it at the act's moment; False where it has ended."""

    def end_all(self, user_id: str, act: Act, keep: str | None = None) -> list[Session]:
        """End the user's open sessions, all but `keep`; return which were, and tell if there were any."""

    def open_of(self, user_id: str, now: datetime) -> list[Session]:
        """The user's open sessions, 100 at most: of browsers, then of API clients, each the latest first."""

    def ended_since(self, moment: datetime) -> list[str]:
        """The ids of those that ended at `moment` or later."""


class SessionCache(Protocol):
    """Where other services look first. It may be away: nothing here raises, since nothing here is the truth."""

    def put(self, cookie_hash: str, entry: SessionEntry, seconds: int) -> None: ...

    def drop(self, cookie_hashes: Iterable[str]) -> None: ...

    def announce_ended(self, session_ids: list[str]) -> bool:
        """Tell every process now; return whether it could be said. The heartbeat repeats it."""


class RefreshTokens(Protocol):
    """Every refresh token of every session that may still last, also those that are used up."""

    def add(self, token: RefreshToken, until: datetime) -> None:
        """The first of a session that lasts no longer than `until`."""

    def by_hash(self, token_hash: str) -> RefreshToken | None: ...

    def exchange(self, token: RefreshToken, exchange: Exchange, session: Session) -> bool:
        """Keep that `token` was given for its successor, the successor, and that the session was used: all or nothing.

        Of several at once one succeeds; False where it was exchanged before, or its session has ended.
        """
