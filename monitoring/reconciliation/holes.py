"""Where in a range something is missing, in as few questions as the answer allows."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from monitoring.reconciliation.minutes import NOTHING, Figures

GRAIN = 16
"""Positions that are taken as a whole: who has some of them leaves them out."""
QUESTIONS_MAX = 40
HOLES_MAX = 10
POSITIONS_MAX = 5_000
"""In all of them: as many as one order may have."""


class Hole(NamedTuple):
    """Positions `first` to `last`."""

    first: int
    last: int

    @property
    def size(self) -> int:
        return self.last - self.first + 1


def holes(after: int, upto: int, look: Callable[[int, int], tuple[Figures, Figures]]) -> list[Hole]:
    """The first holes above `after`, up to and with `upto`; not all of them, where that would be too much at once.

    `look(after, upto)`: what must be there, and what is.
    """
    found: list[Hole] = []
    stretches, left, questions = [(after, upto)], POSITIONS_MAX, QUESTIONS_MAX
    while stretches and left and questions and len(found) < HOLES_MAX:
        questions -= 1
        after, upto = stretches.pop()
        expected, there = look(after, upto)
        if not expected.missing(there):
            continue
        if there != NOTHING and upto - after > GRAIN:
            middle = (after + upto) // 2
            stretches += [(middle, upto), (after, middle)]
            continue
        hole = Hole(after + 1, min(upto, after + left))
        left -= hole.size
        neighbour = found.pop() if found and found[-1].last == after else hole
        found.append(Hole(neighbour.first, hole.last))
    return found
