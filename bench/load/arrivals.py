"""When visitors come, and whom they pay: drawn beforehand, so that no answer has a say in it."""

import itertools
import random
from collections.abc import Callable, Iterator, Sequence

from bench.load.job import Open


def arrivals(kind: str, per_second: float, rng: random.Random) -> Iterator[float]:
    """Seconds from the start, without an end.

    ``poisson``: independent of each other, as of many people who know nothing of each other; ``constant``: in even
    steps.
    """
    at = 0.0
    while True:
        yield at
        at += rng.expovariate(per_second) if kind == "poisson" else 1 / per_second


def payee_choice(traffic: Open, people: Sequence[str], rng: random.Random) -> Callable[[str], str]:
    """Chooses somebody to be paid by a payer, who is never asked to pay themselves. The people are at least two."""
    weights = list(itertools.accumulate(_weights(traffic, len(people))))

    def choose(payer: str) -> str:
        while True:
            (payee,) = rng.choices(people, cum_weights=weights)
            if payee != payer:
                return payee

    return choose


def _weights(traffic: Open, count: int) -> list[float]:
    """How likely each is. The heavy tail is Zipf's: the nth as likely as 1/n."""
    if traffic.payees == "heavy":
        return [1 / rank for rank in range(1, count + 1)]
    if traffic.payees == "hot":
        # Somebody must be left who can be paid by the hot one.
        share = min(traffic.hot_share, 0.999)
        return [share, *[(1 - share) / (count - 1)] * (count - 1)]
    return [1.0] * count
