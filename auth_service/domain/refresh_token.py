"""The refresh tokens of a session, each good for one successor (RFC 9700, section 4.14.2; docs/decisions/0024)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

GRACE = timedelta(seconds=10)
"""So long after a token was exchanged its repetition may be a second tab, or a client that heard no answer."""


@dataclass(frozen=True)
class Exchange:
    """How a token was given for its successor.

    `request_hash`: of the Idempotency-Key that came with it, if one did. `sealed_successor` opens only with the token
    itself, which is kept nowhere.
    """

    at: datetime
    address: str
    request_hash: str | None
    successor_hash: str
    sealed_successor: bytes


@dataclass(frozen=True)
class RefreshToken:
    """One token, known by its SHA-256. Not exchanged yet: it is the one of its session that counts."""

    hash: str
    session_id: str
    issued_at: datetime
    exchange: Exchange | None = None


class Repetition(Enum):
    """What it means that a token comes which was exchanged before."""

    SAME = "same"
    """The same client asks again: it gets the same successor."""
    LATE = "late"
    """Perhaps another tab, but it can't be told from a thief: it gets nothing, and nothing ends."""
    REUSE = "reuse"
    """Two hold the token, and one of them stole it: the session ends."""


def repetition(
    exchange: Exchange, *, now: datetime, address: str, request_hash: str | None, successor_is_exchanged: bool
) -> Repetition:
    """Judge a token that was exchanged before."""
    in_time = now - exchange.at <= GRACE
    if not successor_is_exchanged:
        if request_hash is not None and request_hash == exchange.request_hash:
            return Repetition.SAME
        if in_time and address == exchange.address:
            return Repetition.SAME
    return Repetition.LATE if in_time else Repetition.REUSE
