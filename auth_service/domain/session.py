"""Presence from log-in to log-out, and how long it may last."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

BROWSER_SESSION = timedelta(hours=12)
BROWSER_IDLE = timedelta(hours=2)
API_SESSION = timedelta(hours=24)
API_IDLE = timedelta(hours=2)
"""NIST SP 800-63B-4, section 2.2.3: at AAL2 a person proves again who they are at least once in 24 hours."""

NEW_ACCOUNT = timedelta(hours=1)
"""For so long after the sign-up a log-in on a new device is nothing to warn of."""

OPEN_SESSIONS_MAX = 1_000
"""Of one person: who opens another loses the oldest. All of them must end in one transaction when they are to."""
OLDEST_AT_ONCE = 100
"""So many of those beyond end with one log-in, which shouldn't take long."""

Door = Literal["api", "browser"]


@dataclass(frozen=True)
class Limits:
    """A session ends so long after the log-in, and earlier if it isn't used for so long."""

    absolute: timedelta
    idle: timedelta


BROWSER_LIMITS = Limits(BROWSER_SESSION, BROWSER_IDLE)
API_LIMITS = Limits(API_SESSION, API_IDLE)


@dataclass(frozen=True)
class Session:
    """A person's presence from log-in to log-out. Its id is no secret; the cookie's value is: only its hash is kept.

    A browser uses it with each page, an API client with each refresh of its access token. `device` and `address`: of
    the log-in, so that its owner knows it again; they prove nothing. `stepped_up_at`: when the person last proved their
    second factor in it.
    """

    id: str
    user_id: str
    username: str
    roles: tuple[str, ...]
    door: Door
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    cookie_hash: str | None = None
    ended_at: datetime | None = None
    idle_seconds: int = int(BROWSER_IDLE.total_seconds())
    device: str = ""
    address: str = ""
    stepped_up_at: datetime | None = None

    def without_role(self, role: str) -> Session:
        """The same, and that role isn't among its roles."""
        return replace(self, roles=tuple(kept for kept in self.roles if kept != role))

    def is_open(self, now: datetime) -> bool:
        """Whether it still counts: neither ended, nor past its absolute limit, nor idle for too long."""
        return self.ended_at is None and now < self.ends_at

    @property
    def ends_at(self) -> datetime:
        """When it ends by itself if it isn't used again."""
        return self.ends_if_seen_at(self.last_seen_at)

    def ends_if_seen_at(self, moment: datetime) -> datetime:
        """When it ends by itself if it is used at `moment` and never again."""
        return min(self.expires_at, moment + timedelta(seconds=self.idle_seconds))


@dataclass(frozen=True)
class Opened:
    """A session as it is kept, and the oldest of the same person, which ended since there were too many."""

    session: Session
    ended: tuple[Session, ...] = ()
