"""The browser session that auth opens and every service reads.

The cookie's value is a secret: it is stored nowhere, only its SHA-256 is. The Redis entry is a cache of at most
CACHE_SECONDS; auth's MongoDB is the truth, asked by introspection when the entry is missing.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import Any

import orjson

COOKIE_NAME = "fintech_session"
CACHE_SECONDS = 300
REVOCATIONS_CHANNEL = "revocations"
HEARTBEAT_SECONDS = 0.5
"""Auth says at least this often which sessions ended lately, even if none did."""
SILENCE_SECONDS = 3.0
"""After so long without a word a process no longer trusts what it knows and asks auth."""
RECENT_SECONDS = 10.0
"""A heartbeat names what was revoked in this long; it must exceed SILENCE_SECONDS, so that nothing falls between."""


class InvalidSessionEntry(ValueError):
    """The cached entry is not one that auth writes; it is treated as missing."""


@dataclass(frozen=True)
class SessionEntry:
    """Who is behind a session. `expires_at`: seconds since 1970 UTC, the absolute limit.

    `stepped_up_at`: when the person last proved their second factor in it, None for who has none.
    """

    session_id: str
    user_id: str
    username: str
    roles: tuple[str, ...]
    expires_at: int
    stepped_up_at: int | None = None

    def to_json(self) -> bytes:
        """As stored in Redis and answered by introspection."""
        return orjson.dumps(asdict(self))

    @classmethod
    def from_json(cls, value: bytes | str) -> SessionEntry:
        """Read an entry; raises InvalidSessionEntry for anything else than one."""
        try:
            data: dict[str, Any] = orjson.loads(value)
            texts = {name: _text(data[name]) for name in ("session_id", "user_id", "username")}
            roles = tuple(_text(role) for role in data["roles"])
            proven = data.get("stepped_up_at")
            stepped_up_at = None if proven is None else int(proven)
            return cls(**texts, roles=roles, expires_at=int(data["expires_at"]), stepped_up_at=stepped_up_at)
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
            raise InvalidSessionEntry(str(error)) from None


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a string was expected")
    return value


def session_hash(cookie: str) -> str:
    """The SHA-256 of a cookie's value, in hex: the only form in which it is kept."""
    return hashlib.sha256(cookie.encode()).hexdigest()


def redis_key(cookie: str) -> str:
    """Where the entry of a cookie is cached."""
    return f"session:{session_hash(cookie)}"


def revocation_message(session_ids: list[str]) -> bytes:
    """The heartbeat: the sessions that ended in the last RECENT_SECONDS."""
    return orjson.dumps({"sessions": session_ids})


def revoked_in(message: bytes) -> list[str]:
    """The session ids of a heartbeat; ValueError for anything else."""
    data = orjson.loads(message)
    sessions = data.get("sessions") if isinstance(data, dict) else None
    if not isinstance(sessions, list) or not all(isinstance(session, str) for session in sessions):
        raise ValueError("a heartbeat is an object with a list of session ids")
    return sessions
