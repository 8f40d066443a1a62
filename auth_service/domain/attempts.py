"""How often something may be tried: so many times freely, then after delays that grow (OWASP ASVS 5.0, V6.3.1).

A try is counted before its outcome is known, so guessing in parallel gains nothing. One that comes too early counts
nothing and moves nothing: the moment that it was told is the moment at which the next one is let through.

Moments and lengths are whole milliseconds, as `attempts.lua` has them, which does the same within Redis.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from auth_service.domain.letter import LETTERS_PER_WINDOW

FIRST_DELAY_MS = 2_000
LONGEST_DELAY_MS = 15 * 60_000
HOUR_MS = int(timedelta(hours=1) / timedelta(milliseconds=1))
DAY_MS = 24 * HOUR_MS

Limit = Literal[
    "account", "device", "address", "sign_up", "client", "reset", "letter", "proof", "second_factor", "export"
]


@dataclass(frozen=True)
class Budget:
    """What one account, device or address may try: `free` times, and so many more as the delays leave room for.

    The count is forgotten `window_ms` after the first try, or when the delay that it led to is over, if that is later.
    """

    limit: Limit
    key: str
    free: int
    window_ms: int


@dataclass(frozen=True)
class Tally:
    """What was tried of a budget since `began_ms`; the next try is let through at `open_at_ms`."""

    began_ms: int
    count: int = 0
    open_at_ms: int = 0


def account_budget(username: str) -> Budget:
    """Of whatever name was given, whether somebody has it or not."""
    return Budget("account", _key("account", username), 5, DAY_MS)


def device_budget(device_id: str) -> Budget:
    """Of a device on which the owner has logged in: what others do to the account doesn't count here."""
    return Budget("device", _key("device", device_id), 5, DAY_MS)


def address_budget(site: str) -> Budget:
    """Of all who try from one place."""
    return Budget("address", _key("address", site), 50, HOUR_MS)


def sign_up_budget(site: str) -> Budget:
    """New accounts from one place."""
    return Budget("sign_up", _key("sign_up", site), 20, HOUR_MS)


def reset_budget(site: str) -> Budget:
    """Letters to set a new password, asked for from one place."""
    return Budget("reset", _key("reset", site), 20, HOUR_MS)


def letter_budget(of: str) -> Budget:
    """Letters that were asked for to one address, somebody's or nobody's, or by one person.

    As many as the mailer sends; without this, orders that it only throws away would keep it from the others.
    """
    return Budget("letter", _key("letter", of), LETTERS_PER_WINDOW, HOUR_MS // 2)


def proof_budget(user_id: str) -> Budget:
    """Who is logged in and is asked for the password once more may have found the session open."""
    return Budget("proof", _key("proof", user_id), 5, DAY_MS)


def client_budget(client_id: str, site: str) -> Budget:
    """Of a service at one place: its processes may all ask at once."""
    return Budget("client", _key("client", f"{client_id} {site}"), 20, HOUR_MS)


def second_factor_budget(of: str) -> Budget:
    """Codes for one person, or on one known device of theirs: a million codes, of which three are right at a time."""
    return Budget("second_factor", _key("second_factor", of), 5, DAY_MS)


def export_budget(user_id: str) -> Budget:
    """All of somebody's data at once: the dearest thing that one request can ask for."""
    return Budget("export", _key("export", user_id), 5, HOUR_MS)


def alive(tally: Tally | None, budget: Budget, now_ms: int) -> Tally:
    """`tally`, or a new one where there is none or its time is over."""
    if tally is None or now_ms >= ends_at_ms(tally, budget):
        return Tally(now_ms)
    return tally


def ends_at_ms(tally: Tally, budget: Budget) -> int:
    """When it is forgotten."""
    return max(tally.began_ms + budget.window_ms, tally.open_at_ms)


def counted(tally: Tally, budget: Budget, now_ms: int) -> Tally:
    """`tally` after one more try."""
    count = tally.count + 1
    over = count - budget.free
    delay = 0 if over < 0 else min(FIRST_DELAY_MS * 2 ** min(over, 30), LONGEST_DELAY_MS)
    return Tally(tally.began_ms, count, now_ms + delay)


@dataclass(frozen=True)
class Refusal:
    """A try that came too early: by which limit, and how long it is until the next one is let through."""

    limit: Limit
    wait_ms: int


def refusal(tallies: Sequence[Tally], budgets: Sequence[Budget], now_ms: int) -> Refusal | None:
    """The one with the longest wait, or None if all of the budgets let the try through."""
    waits = [
        Refusal(budget.limit, tally.open_at_ms - now_ms)
        for tally, budget in zip(tallies, budgets, strict=True)
        if tally.open_at_ms > now_ms
    ]
    return max(waits, key=lambda one: one.wait_ms, default=None)


def _key(limit: Limit, of: str) -> str:
    """Hashed: names and addresses belong in no key, and what was typed may be of any length."""
    return f"attempts:{limit}:{hashlib.sha256(of.encode()).hexdigest()}"
