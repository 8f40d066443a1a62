"""Suspicious patterns, planted among the rest: the typologies of AMLSim that a payments platform can have.

Fan-in, fan-out and cycle are AMLSim's (Suzumura and Kanezashi, "Anti-Money Laundering Datasets", 2018), whose cycles
pass on nine tenths at the least; velocity, structuring under a limit and the dormant account that wakes up are those
of the FATF's indicators ("Money Laundering/Terrorist Financing Risks and Vulnerabilities Associated with New Payment
Methods", 2010). Whoever sends in a pattern is a stranger who pays nothing else but a few small sums early on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from sample.commands import Commands, Kind, commands, joined
from sample.seasons import DAY_MS, HOUR_MS

MINUTE_MS = 60_000
MEMBERS = 31
"""At most so many strangers send in one pattern."""
EARLY_DAYS = 12
FIRST_DAY, LAST_DAY = 16, 6
"""The first day that a pattern may begin on, and how long before the end at the latest."""
MIN_DAYS = 60
"""A dormant account needs time to sleep."""
LIMIT = 100_000
"""What the ledger lets people send to somebody new, in minor units: what structuring stays under."""


@dataclass(frozen=True)
class Pattern:
    """One planted pattern: its kind, the person whom it is about, and its commands."""

    name: str
    subject: int
    commands: Commands


@dataclass(frozen=True)
class Ground:
    """Where patterns grow: `strangers` are people of no other pattern, `others` ordinary ones, there from the first."""

    rng: np.random.Generator
    strangers: np.ndarray
    others: np.ndarray
    days: int
    number: int

    def begin(self, day: int = FIRST_DAY) -> int:
        return int(self.rng.integers(day * DAY_MS, (self.days - LAST_DAY) * DAY_MS))

    def some(self, count: int) -> np.ndarray:
        """Ordinary people, each once."""
        chosen: np.ndarray = self.rng.choice(self.others, count, replace=False)
        return chosen

    def within(self, start: int, length: int, count: int) -> np.ndarray:
        """Moments in order, the first one at the start."""
        times = np.sort(self.rng.integers(1, length, count))
        times[0] = 0
        moments: np.ndarray = start + times
        return moments

    def pay(self, at: np.ndarray, payer: int | np.ndarray, payee: int | np.ndarray, amount: np.ndarray) -> Commands:
        return commands(at, Kind.PAY, payer, payee, amount, planted=self.number)

    def funds(self, person: int, before: int, amount: int) -> Commands:
        """Money from outside, an hour earlier."""
        return commands(np.array([before - HOUR_MS]), Kind.SALARY, payee=person, amount=amount)


def fan_in(ground: Ground) -> Pattern:
    """Many pay one, each a sum that matters, within a day."""
    senders = ground.strangers[1 : ground.rng.integers(14, MEMBERS)]
    at = ground.within(ground.begin(), 20 * HOUR_MS, len(senders))
    collector = int(ground.strangers[0])
    return Pattern("fan_in", collector, ground.pay(at, senders, collector, _amounts(ground, 300, 900, len(at))))


def fan_out(ground: Ground) -> Pattern:
    """One pays many, within a day."""
    payees = ground.some(int(ground.rng.integers(14, 30)))
    at = ground.within(ground.begin(), 20 * HOUR_MS, len(payees))
    # On one day no more than its limit.
    paid = ground.pay(at, int(ground.strangers[0]), payees, _amounts(ground, 110, 160, len(at)))
    return _funded(ground, "fan_out", paid)


def cycle(ground: Ground) -> Pattern:
    """Money that comes back to where it began, by way of one to four others, each keeping a little."""
    length = int(ground.rng.integers(2, 6))
    ring = ground.strangers[:length]
    gaps = ground.rng.integers(HOUR_MS // 2, 9 * HOUR_MS, length)
    amounts = (ground.rng.uniform(45_000, 90_000) * np.cumprod(ground.rng.uniform(0.92, 1.0, length))).astype(np.int64)
    paid = ground.pay(ground.begin() + np.cumsum(gaps), ring, np.roll(ring, -1), amounts)
    return Pattern("cycle", int(ring[0]), paid)


def velocity(ground: Ground) -> Pattern:
    """A burst: dozens of small payments within minutes."""
    count = int(ground.rng.integers(30, 50))
    at = ground.within(ground.begin(), 8 * MINUTE_MS, count)
    payees = ground.some(6)[ground.rng.integers(0, 6, count)]
    return _funded(ground, "velocity", ground.pay(at, int(ground.strangers[0]), payees, _amounts(ground, 5, 40, count)))


def structuring(ground: Ground) -> Pattern:
    """A large sum in parts that stay just under what is allowed at a time, over several days."""
    count = int(ground.rng.integers(7, 12))
    # Two a day, for a day has a limit, too.
    at = ground.within(ground.begin(), DAY_MS, count) + np.arange(count) // 2 * DAY_MS
    amounts = ground.rng.integers(LIMIT * 94 // 100, LIMIT, count)
    paid = ground.pay(np.sort(at), int(ground.strangers[0]), ground.some(count), amounts)
    return _funded(ground, "structuring", paid)


def dormant(ground: Ground) -> Pattern:
    """An account that has paid nothing for weeks, and then a lot within a day."""
    count = int(ground.rng.integers(8, 16))
    at = ground.within(ground.begin(EARLY_DAYS + 38), 20 * HOUR_MS, count)
    return _funded(
        ground,
        "dormant",
        ground.pay(at, int(ground.strangers[0]), ground.some(count), _amounts(ground, 120, 300, count)),
    )


PATTERNS: dict[str, Callable[[Ground], Pattern]] = {
    "fan_in": fan_in,
    "fan_out": fan_out,
    "cycle": cycle,
    "velocity": velocity,
    "structuring": structuring,
    "dormant": dormant,
}
NEEDS = {"fan_in": MEMBERS, "cycle": 5}
"""How many strangers a pattern takes, where it isn't one."""


def strangers_needed(each: int) -> int:
    """How many people are planted when there are `each` of every pattern."""
    return each * sum(NEEDS.get(name, 1) for name in PATTERNS)


def planted(
    rng: np.random.Generator, each: int, strangers: np.ndarray, others: np.ndarray, days: int, opened: int
) -> Iterator[Pattern]:
    """`each` of every pattern; `opened` is when everybody has an account, in milliseconds."""
    first = number = 0
    for name, plant in PATTERNS.items():
        for _ in range(each):
            own = strangers[first : first + NEEDS.get(name, 1)]
            pattern = plant(Ground(rng, own, others, days, number))
            yield Pattern(name, pattern.subject, joined([pattern.commands, _cover(rng, own, others, opened)]))
            first, number = first + len(own), number + 1


def _cover(rng: np.random.Generator, strangers: np.ndarray, others: np.ndarray, opened: int) -> Commands:
    """Small sums in the first days, as anybody's."""
    payers = np.repeat(strangers, 4)
    at = rng.integers(opened, EARLY_DAYS * DAY_MS, len(payers))
    return commands(at, Kind.PAY, payers, rng.choice(others, len(payers)), rng.integers(150, 1_500, len(payers)))


def _funded(ground: Ground, name: str, paid: Commands) -> Pattern:
    subject, start = int(ground.strangers[0]), int(paid.at[0])
    return Pattern(name, subject, joined([ground.funds(subject, start, int(paid.amount.sum())), paid]))


def _amounts(ground: Ground, least: int, most: int, count: int) -> np.ndarray:
    """Between two main units, in minor ones."""
    drawn: np.ndarray = ground.rng.integers(least * 100, most * 100, count)
    return drawn
