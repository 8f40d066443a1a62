"""Presence from log-in to log-out, and how long it may last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from contracts.access_token import LIFETIME_SECONDS

BROWSER_SESSION = timedelta(hours=12)
BROWSER_IDLE = timedelta(hours=2)
API_SESSION = timedelta(seconds=LIFETIME_SECONDS)
"""An API log-in gives one access token and nothing to renew it with, so its session ends with the token."""

Door = Literal["api", "browser"]


@dataclass(frozen=True)
class Session:
    """A person's presence from log-in to log-out. Its id is no secret; the cookie's value is: only its hash is kept."""

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

    def is_open(self, now: datetime) -> bool:
        """Whether it still counts: neither ended, nor past its absolute limit, nor idle for too long."""
        if self.ended_at is not None or now >= self.expires_at:
            return False
        return self.door == "api" or now - self.last_seen_at < BROWSER_IDLE
