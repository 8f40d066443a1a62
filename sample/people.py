"""Who lives in one currency: names and ids, how busy they are, when they are paid, and whom they like to pay."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid5

import numpy as np

from sample import amounts
from transaction_service.domain.account import user_account_id
from transaction_service.domain.commands import MAIN

PEOPLE = UUID("3d5c1b5e-9c0e-5f6a-8b7a-7b9a0c1d2e3f")
FAVOURITES = 8
COPIED = 0.7
"""So many favourites are copied from somebody's: who is liked becomes liked more."""
SHOPS_SHARE = 50
PAYDAYS = np.array([0, 14, 24, 27])
"""Days of a month of thirty days, counted from the history's first day."""


@dataclass(frozen=True)
class Person:
    """As the ledger knows them."""

    user_id: str
    username: str
    account: str


@dataclass(frozen=True)
class Crowd:
    """The people of one currency by number, as columns. The last `strangers` of them pay only what is planted."""

    people: list[Person]
    strangers: int
    activity: np.ndarray
    salary: np.ndarray
    payday: np.ndarray
    favourites: np.ndarray
    shops: np.ndarray
    """Those that are most people's favourites."""

    @property
    def ordinary(self) -> int:
        return len(self.people) - self.strangers


def crowd(rng: np.random.Generator, seed: int, currency: str, ordinary: int, strangers: int) -> Crowd:
    """People with habits."""
    count = ordinary + strangers
    activity = rng.lognormal(0, 0.8, count)
    activity /= activity.mean()
    favourites = _copying(rng, ordinary, count)
    liked = np.bincount(favourites.ravel(), minlength=count)[:ordinary]
    shops = np.argsort(-liked, kind="stable")[: max(3, ordinary // SHOPS_SHARE)]
    return Crowd(
        people=[_person(seed, currency, number) for number in range(count)],
        strangers=strangers,
        activity=activity,
        salary=amounts.salaries(rng, activity),
        payday=rng.choice(PAYDAYS, count),
        favourites=favourites,
        shops=shops,
    )


def _copying(rng: np.random.Generator, ordinary: int, count: int) -> np.ndarray:
    """Preferential attachment by copying links: a power law of how often one is liked.

    Kumar et al., "Stochastic models for the web graph", FOCS 2000. A link is a random one, or the same as an earlier.
    """
    links = ordinary * FAVOURITES
    number = np.arange(links)
    copies = (rng.random(links) < COPIED) & (number > 0)
    source = np.where(copies, (rng.random(links) * number).astype(np.int64), number)
    while (source != source[source]).any():
        source = source[source]
    fresh = rng.integers(0, count, links)
    return fresh[source].reshape(ordinary, FAVOURITES)


def _person(seed: int, currency: str, number: int) -> Person:
    user_id = str(uuid5(PEOPLE, f"{seed}:{currency}:{number}"))
    username = f"{currency.lower()}{number:07d}"
    return Person(user_id, username, user_account_id(user_id, currency, MAIN))
