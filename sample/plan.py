"""The whole history before it is decided: what everybody will ask for, when, and at which position of the journal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np

from sample import amounts
from sample.commands import NONE, Commands, Kind, commands, count_of, joined
from sample.people import Crowd, crowd
from sample.planted import MIN_DAYS, Pattern, planted, strangers_needed
from sample.seasons import DAY_MS, HOUR_MS, moments

SIZE_MIN = 3_000
SHARES = {"EUR": 0.4, "USD": 0.3, "GBP": 0.2, "CHF": 0.1}
"""Of all transfers. Nothing crosses from one currency to another, so each is decided by a process of its own."""
ALONE_BELOW = 50_000
"""Fewer are all in the first currency."""
TRANSFERS_A_PERSON = 100
TRANSFERS_A_PATTERN = 5_000
PATTERNS_MOST = 40
NEWCOMERS = 0.3
"""So many open their account later than on the first day."""
FOLLOWED = {
    Kind.CAPTURE: 0.012,
    Kind.CAPTURE_PART: 0.003,
    Kind.VOID: 0.003,
    Kind.EXPIRE: 0.002,
    Kind.REFUND: 0.008,
}
"""The share of each in what people ask for."""
SPLITS = 0.01
AFTER_PAYDAY = 0.25
OPENING_HOUR = HOUR_MS
EARLIEST = 2 * OPENING_HOUR
"""Nobody pays before."""
HOLD_DAYS = 7


@dataclass(frozen=True)
class Options:
    """What makes a history: the same options make the same one. `until` is the midnight at which it ends, UTC."""

    size: int
    seed: int
    until: datetime
    days: int = 90

    def __post_init__(self) -> None:
        if self.size < SIZE_MIN:
            raise ValueError(f"a sample has at least {SIZE_MIN:,} transfers")
        if self.days < MIN_DAYS:
            raise ValueError(f"a sample has at least {MIN_DAYS} days")
        if self.until != self.until.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0):
            raise ValueError("a sample ends at a midnight, UTC")

    @property
    def begins(self) -> datetime:
        return self.until - timedelta(days=self.days)

    @property
    def currencies(self) -> dict[str, int]:
        """How many transfers each has."""
        if self.size < ALONE_BELOW:
            return {"EUR": self.size}
        counts = {currency: int(self.size * share) for currency, share in SHARES.items()}
        counts["EUR"] += self.size - sum(counts.values())
        return counts


@dataclass(frozen=True)
class Economy:
    """One currency's part: its people, what they ask for in order of time, and what is planted among it."""

    currency: str
    crowd: Crowd
    commands: Commands
    patterns: list[tuple[str, int]]
    """Kind and subject, by number."""


def economy(options: Options, currency: str) -> Economy:
    """Plan one currency."""
    number = list(SHARES).index(currency)
    rng = np.random.default_rng([options.seed, number])
    size = options.currencies[currency]
    each = max(1, min(PATTERNS_MOST, options.size // TRANSFERS_A_PATTERN) * size // options.size)
    strangers = strangers_needed(each)
    living = crowd(rng, options.seed, currency, max(60, size // TRANSFERS_A_PERSON), strangers)
    opened = _opened(rng, living, options.days)
    sown = np.arange(living.ordinary, len(living.people))
    patterns = list(planted(rng, each, sown, _there(living, opened), options.days, OPENING_HOUR + 60_000))
    fixed = [_openings(opened), _grants(opened), _salaries(living, opened, options.days), _cash_outs(living, options)]
    left = size - count_of(fixed[1:]) - count_of(pattern.commands for pattern in patterns)
    if left < 0:
        raise ValueError(f"{size:,} transfers are too few for the patterns in them")
    asked = _asked(rng, living, opened, left, options)
    everything = joined([*fixed, asked, *(pattern.commands for pattern in patterns)])
    return Economy(currency, living, _labelled(everything, asked_from=count_of(fixed)), _named(patterns))


def positions(economies: Sequence[Economy]) -> list[np.ndarray]:
    """Of each economy's commands: the journal's order is that of time, whatever the currency."""
    at = np.concatenate([each.commands.at for each in economies])
    place = np.empty(len(at), dtype=np.int64)
    place[np.argsort(at, kind="stable")] = np.arange(1, len(at) + 1)
    return np.split(place, np.cumsum([len(each.commands) for each in economies])[:-1])


def _named(patterns: Sequence[Pattern]) -> list[tuple[str, int]]:
    return [(pattern.name, pattern.subject) for pattern in patterns]


def _labelled(everything: Commands, asked_from: int) -> Commands:
    """In order of time; what follow-ups are about was counted from the first of what people ask for."""
    of = np.where(everything.of == NONE, NONE, everything.of + asked_from)
    return replace(everything, label=np.arange(len(everything)), of=of).in_order()


def _opened(rng: np.random.Generator, living: Crowd, days: int) -> np.ndarray:
    """When each person opens their account: most at once, the shops and the strangers among them."""
    opened = rng.integers(1_000, OPENING_HOUR, len(living.people))
    late = rng.random(living.ordinary) < NEWCOMERS
    late[living.shops] = False
    opened[: living.ordinary][late] = rng.integers(OPENING_HOUR, days * DAY_MS * 2 // 3, late.sum())
    return opened


def _openings(opened: np.ndarray) -> Commands:
    world = commands(np.zeros(1), Kind.OPEN_WORLD)
    return joined([world, commands(opened, Kind.OPEN, payee=np.arange(len(opened)))])


def _grants(opened: np.ndarray) -> Commands:
    return commands(opened + 40, Kind.GRANT, payee=np.arange(len(opened)), amount=100_000)


def _salaries(living: Crowd, opened: np.ndarray, days: int) -> Commands:
    """On everybody's payday, in the morning, while the history lasts."""
    people = np.arange(living.ordinary)
    parts = []
    for month in range(0, days, 30):
        at = (month + living.payday[people]) * DAY_MS + 6 * HOUR_MS + people * 37 % (2 * HOUR_MS)
        paid = people[(at > opened[people]) & (at < days * DAY_MS)]
        parts.append(commands(at[paid], Kind.SALARY, payee=paid, amount=living.salary[paid]))
    return joined(parts)


def _cash_outs(living: Crowd, options: Options) -> Commands:
    """Shops take what they have earned out every week, on Sunday night; how much is known only then."""
    sundays = [day for day in range(options.days) if (options.begins.weekday() + day) % 7 == 6]
    at = np.array([day * DAY_MS + 22 * HOUR_MS for day in sundays], dtype=np.int64)
    return commands(
        np.repeat(at, len(living.shops)) + np.tile(np.arange(len(living.shops)) * 211 % HOUR_MS, len(at)),
        Kind.CASH_OUT,
        payer=np.tile(living.shops, len(at)),
    )


def _asked(rng: np.random.Generator, living: Crowd, opened: np.ndarray, count: int, options: Options) -> Commands:
    """`count` payments, splits, holds and refunds, with what becomes of them."""
    followed = {kind: int(count * share) for kind, share in FOLLOWED.items()}
    paid = _payments(rng, living, opened, count - sum(followed.values()), options)
    ends, kinds = [], paid.kind.copy()
    free = np.flatnonzero(paid.at < (options.days - HOLD_DAYS - 1) * DAY_MS)
    chosen = rng.choice(free, sum(followed.values()), replace=False)
    for kind, of in zip(followed, np.split(chosen, np.cumsum(list(followed.values()))[:-1]), strict=True):
        kinds[of] = Kind.PAY if kind is Kind.REFUND else Kind.HOLD
        ends.append(_follow_ups(rng, paid, kind, of))
    return joined([replace(paid, kind=kinds), *ends])


def _follow_ups(rng: np.random.Generator, paid: Commands, kind: Kind, of: np.ndarray) -> Commands:
    """Hours or days later. A hold expires when its time is over, and then at once."""
    later = rng.integers(HOUR_MS, (HOLD_DAYS - 1) * DAY_MS, len(of))
    if kind is Kind.EXPIRE:
        later = np.full(len(of), HOLD_DAYS * DAY_MS + 500)
    # Where the hold or the payment was refused there is nothing to follow up: then it is a payment like any other.
    return commands(paid.at[of] + later, kind, paid.payer[of], paid.payee[of], paid.amount[of], of=of)


def _payments(rng: np.random.Generator, living: Crowd, opened: np.ndarray, count: int, options: Options) -> Commands:
    chance = living.activity[: living.ordinary] / living.activity[: living.ordinary].sum()
    payer = rng.choice(living.ordinary, count, p=chance)
    at = _after_payday(rng, living, payer, moments(rng, count, options.begins.weekday(), options.days), options.days)
    at = np.where(at < EARLIEST, at + EARLIEST, at)
    payer = _who_is_there(rng, living, opened, payer, at, keep=0.0)
    payee = _whom(rng, living, payer)
    payee = _who_is_there(rng, living, opened, payee, at, keep=0.05)
    kind = np.where(rng.random(count) < SPLITS, int(Kind.SPLIT), int(Kind.PAY))
    return commands(at, kind, payer, payee, amounts.payments(rng, count))


def _after_payday(rng: np.random.Generator, living: Crowd, payer: np.ndarray, at: np.ndarray, days: int) -> np.ndarray:
    """A part of what people buy, they buy in the days after they were paid."""
    moved = rng.random(len(at)) < AFTER_PAYDAY
    day = at // DAY_MS // 30 * 30 + living.payday[payer] + rng.integers(0, 4, len(at))
    at_then: np.ndarray = np.where(moved & (day < days), day * DAY_MS + at % DAY_MS, at)
    return at_then


def _whom(rng: np.random.Generator, living: Crowd, payer: np.ndarray) -> np.ndarray:
    """Mostly a favourite, the first of them most; else somebody whom somebody likes."""
    rank = np.minimum(rng.geometric(0.3, len(payer)) - 1, living.favourites.shape[1] - 1)
    anybodys = living.favourites[rng.integers(0, living.ordinary, len(payer)), rank]
    payee = np.where(rng.random(len(payer)) < 0.85, living.favourites[payer, rank], anybodys)
    others: np.ndarray = np.where(payee == payer, (payee + 1) % living.ordinary, payee)
    return others


def _who_is_there(
    rng: np.random.Generator, living: Crowd, opened: np.ndarray, who: np.ndarray, at: np.ndarray, keep: float
) -> np.ndarray:
    """Somebody who has an account by then, in the place of who hasn't, but for a share `keep`."""
    early = _there(living, opened)
    missing = (opened[who] + 1_000 > at) & (rng.random(len(who)) >= keep)
    there: np.ndarray = np.where(missing, early[rng.integers(0, len(early), len(who))], who)
    return there


def _there(living: Crowd, opened: np.ndarray) -> np.ndarray:
    """The ordinary people who have an account from the first hour on."""
    found: np.ndarray = np.flatnonzero(opened[: living.ordinary] < OPENING_HOUR)
    return found
