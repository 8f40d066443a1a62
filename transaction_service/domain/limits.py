"""How much a person may send: by role, or as set for one user. Nobody is without limits; raising is not lifting.

Days and minutes are UTC's own, since a limit that people can foresee beats one that slides. Amounts are in the
currency's main unit here and in minor units everywhere else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from babel.numbers import get_currency_precision

from contracts.access_token import NEWCOMER
from contracts.moments import rfc3339
from contracts.money import MAX_MINOR_UNITS
from transaction_service.domain.account import Account

NEW_PAYEE_TIME = timedelta(hours=24)
"""For so long after the first payment to somebody, `new_payee` bounds what they may get in all."""


PLANS_MAX = 1_000
"""Scheduled transfers that one account may have to pay: everybody's fall due together at a full hour."""
PLANS = "scheduled"
"""The limit's name where somebody has as many."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one user may send in one currency: amounts, but `per_minute`, which is a number of transfers."""

    per_transfer: int
    per_day: int
    per_payee: int
    new_payee: int
    per_minute: int


_PERSON = Limits(per_transfer=2_000, per_day=5_000, per_payee=2_500, new_payee=1_000, per_minute=300)
_MACHINE = Limits(
    per_transfer=1_000_000, per_day=100_000_000, per_payee=100_000_000, new_payee=100_000_000, per_minute=1_000_000
)
_NEWCOMER = Limits(per_transfer=50, per_day=100, per_payee=50, new_payee=50, per_minute=30)
LIMITS: dict[str, Limits] = {
    "user": _PERSON,
    NEWCOMER: _NEWCOMER,
    "support": _PERSON,
    "analyst": _PERSON,
    "admin": _PERSON,
    "demo": _MACHINE,
    "probe": _MACHINE,
}
"""By role, in main units; accounts that the platform itself lets send (`demo`, `probe`) have a row of their own."""


@cache
def limits_in(currency: str, role: str) -> Limits:
    """A role's limits in minor units of `currency`; an unknown role has a user's."""
    of = LIMITS.get(role, _PERSON)
    factor = 10 ** get_currency_precision(currency)
    amounts = {name: min(value * factor, MAX_MINOR_UNITS) for name, value in asdict(of).items() if name != "per_minute"}
    return replace(of, **amounts)


def limits_of(spender: Account, role: str) -> Limits:
    """What holds for the owner of a main account who acts in `role`."""
    own = spender.origin if spender.origin in ("demo", "probe") else role
    limits = limits_in(spender.currency, own)
    return replace(limits, **spender.limits) if spender.limits else limits


@dataclass(frozen=True, slots=True)
class Paid:
    """What one user has sent to one account: since when, on the day `day`, and while the payee was new to them."""

    user: str
    account: str
    first_at: str
    day: str
    spent: int = 0
    while_new: int = 0

    @property
    def id(self) -> str:
        return paid_id(self.user, self.account)


def paid_id(user: str, account: str) -> str:
    """The key of what `user` has sent to `account`."""
    return f"{user}>{account}"


@dataclass(frozen=True, slots=True)
class Breach:
    """The limit that stands against a transfer, and the amount that would be allowed instead, in minor units."""

    limit: str
    allowed: int
    remaining_today: int

    def body(self, role: str) -> dict[str, Any]:
        """As a rejection tells it to who acted in `role`; a newcomer learns how to get more."""
        return asdict(self) | ({"raised_by": "email_confirmation"} if role == NEWCOMER else {})


@dataclass(frozen=True, slots=True)
class Moment:
    """The decision's time as the counters see it."""

    at: str
    day: str
    minute: str
    new_since: str

    @classmethod
    def of(cls, now: datetime) -> Moment:
        at = rfc3339(now)
        return cls(at=at, day=at[:10], minute=at[:16], new_since=rfc3339(now - NEW_PAYEE_TIME))


def spent_today(spender: Account, moment: Moment) -> int:
    """What the owner of a main account has sent on this day."""
    return spender.spent if spender.day == moment.day else 0


def breach(spender: Account, role: str, amounts: Sequence[tuple[int, Paid | None]], moment: Moment) -> Breach | None:
    """The first limit that a transfer of `amounts`, each with what its payee got before, would break."""
    limits = limits_of(spender, role)
    total = sum(amount for amount, _ in amounts)
    left_today = max(0, limits.per_day - spent_today(spender, moment))
    if total > limits.per_transfer:
        return Breach("per_transfer", min(limits.per_transfer, left_today), left_today)
    if spender.minute == moment.minute and spender.sent >= limits.per_minute:
        return Breach("per_minute", 0, left_today)
    if total > left_today:
        return Breach("per_day", left_today, left_today)
    for amount, paid in amounts:
        today = paid.spent if paid and paid.day == moment.day else 0
        if amount > limits.per_payee - today:
            return Breach("per_payee", max(0, min(limits.per_payee - today, left_today)), left_today)
        if (paid is None or paid.first_at > moment.new_since) and amount > limits.new_payee - _while_new(paid):
            return Breach("new_payee", max(0, min(limits.new_payee - _while_new(paid), left_today)), left_today)
    return None


def most_now(spender: Account, role: str, payees: Sequence[Paid | None], moment: Moment) -> int:
    """What could be sent to these payees now: what all the limits leave, not only the first that is broken."""
    limits = limits_of(spender, role)
    if spender.minute == moment.minute and spender.sent >= limits.per_minute:
        return 0
    rooms = sum(_room(limits, paid, moment) for paid in payees)
    return max(0, min(limits.per_transfer, limits.per_day - spent_today(spender, moment), rooms))


def _room(limits: Limits, paid: Paid | None, moment: Moment) -> int:
    """What one payee may get more."""
    today = paid.spent if paid and paid.day == moment.day else 0
    room = limits.per_payee - today
    if paid is None or paid.first_at > moment.new_since:
        room = min(room, limits.new_payee - _while_new(paid))
    return max(0, room)


def _while_new(paid: Paid | None) -> int:
    return paid.while_new if paid else 0


def count(spender: Account, total: int, moment: Moment) -> Account:
    """The main account with one more transfer of `total` counted; a negative one gives back what wasn't used."""
    spent = spent_today(spender, moment) + total
    if total < 0:
        return spender._replace(spent=max(0, spent)) if spender.day == moment.day else spender
    sent = spender.sent + 1 if spender.minute == moment.minute else 1
    return spender._replace(day=moment.day, spent=spent, minute=moment.minute, sent=sent)


def count_plan(payer: Account, more: int) -> Account:
    """The account with one more scheduled transfer to pay (1), or one less (-1).

    Those that older rules made were not counted, so that ending them may leave nothing to count down.
    """
    return payer._replace(plans=max(0, payer.plans + more))


def count_payee(user: str, account: str, before: Paid | None, amount: int, moment: Moment) -> Paid:
    """What `user` has sent to `account`, with `amount` more."""
    if before is None:
        return Paid(user, account, moment.at, moment.day, amount, amount)
    today = before.spent if before.day == moment.day else 0
    new = before.first_at > moment.new_since
    while_new = max(0, before.while_new + amount) if new else before.while_new
    return replace(before, day=moment.day, spent=max(0, today + amount), while_new=while_new)
