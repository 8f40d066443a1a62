"""When a key signs, and how long it is published before and after (docs/decisions/0029).

A key is published from the moment it is made, signs from a later one, and stays published after its successor has
begun to sign, for as long as a token of its may live. So every verifier knows a key before it meets a token of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from contracts.access_token import KEYS_MAX_AGE_SECONDS, LIFETIME_SECONDS

REREAD_SECONDS = 10.0
"""How late a running process of auth may learn of a new key."""
_CLOCKS = timedelta(seconds=60)
"""How far the clocks of two machines may be apart."""
LEAD = timedelta(seconds=REREAD_SECONDS + KEYS_MAX_AGE_SECONDS) + _CLOCKS
"""So long a new key is only published: by then no copy of the JWKS is left that lacks it."""
AFTERLIFE = timedelta(seconds=REREAD_SECONDS + LIFETIME_SECONDS) + _CLOCKS
"""So long a key that signs no more is still published: by then its last token has ended."""


@dataclass(frozen=True)
class StoredKey:
    """A signing key as it is kept. `follows`: the key before it; each has one successor, whoever rotates at once."""

    kid: str
    sealed: bytes
    created_at: datetime
    signs_from: datetime
    follows: str | None = None


def signer(keys: Sequence[StoredKey], now: datetime) -> StoredKey | None:
    """The key that signs at `now`: of those whose time has come, the one whose time came last."""
    begun = [key for key in keys if key.signs_from <= now]
    return max(begun, key=lambda key: key.signs_from, default=None)


def newest(keys: Sequence[StoredKey]) -> StoredKey | None:
    """The one that no other follows, be its time to sign come or not."""
    followed = {key.follows for key in keys}
    return next((key for key in keys if key.kid not in followed), None)


def is_due(keys: Sequence[StoredKey], now: datetime, every: timedelta) -> bool:
    """Whether the next key must be made now, so that it signs when the present one is `every` old."""
    latest = max((key.signs_from for key in keys), default=None)
    return latest is not None and now >= latest + every - LEAD


def ended(keys: Sequence[StoredKey], now: datetime) -> list[StoredKey]:
    """Those of which no token can live any more."""
    return [key for key in keys if (end := _signs_until(key, keys)) is not None and end + AFTERLIFE <= now]


def _signs_until(key: StoredKey, keys: Sequence[StoredKey]) -> datetime | None:
    return min((other.signs_from for other in keys if other.signs_from > key.signs_from), default=None)
