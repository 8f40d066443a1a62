"""Asking a stage what it has, in as few questions as the answer allows.

A question is a range of positions, and its answer two counts. One question settles a stretch that agrees or is wholly
missing; only what is in between is halved, and of the two halves one is asked and the other is the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from monitoring.reconciliation.minutes import NOTHING, Cell, Figures, Minute, total_of

Ask = Callable[[int, int], Figures]
QUESTIONS_MAX = 60
"""In one run, to one stage. What they don't reach keeps its last figures, and is asked first the next time."""
POSITIONS_MAX = 200_000
"""In one question, unless a single minute has more: an answer must come within seconds."""


@dataclass(frozen=True)
class OldestMissing:
    """The first cell that lacks something: everything up to its `after` is there."""

    cell: Cell


class Survey:
    """Asks one stage, run after run; it remembers whom it didn't come to."""

    def __init__(self, stage: str, ask: Ask, questions_max: int = QUESTIONS_MAX) -> None:
        """`ask(after, upto)` counts above `after`, up to and with `upto`; whatever it raises goes through."""
        self.stage = stage
        self._ask = ask
        self._max = questions_max
        self._left = 0
        self._asked_up_to = -1
        self._known: tuple[Minute, int] | None = None

    def run(self, minutes: Sequence[Minute]) -> None:
        """Ask about the open minutes and note what was found in each.

        The newest stretch comes first, since there the news is; then the others in turn.
        """
        self._left = self._max
        stretches = _contiguous(minutes)
        if not stretches:
            return
        self._look_at_newest(stretches.pop())
        later = [each for each in stretches if each[0].after > self._asked_up_to]
        for stretch in later + [each for each in stretches if each[0].after <= self._asked_up_to]:
            if self._left <= 0:
                return
            self._look(stretch)
            self._asked_up_to = stretch[0].after

    def oldest_missing(self, minutes: Sequence[Minute]) -> OldestMissing | None:
        """The first cell that lacks something, by bisection of the first minute that does; None where none does."""
        minute = next((each for each in minutes if each.missing(self.stage)), None)
        if minute is None:
            self._known = (minutes[-1], len(minutes[-1].cells) - 1) if minutes else None
            return None
        cells = minute.cells[self._skip(minute) if minute is minutes[-1] else 0 :]
        while len(cells) > 1:
            left = cells[: len(cells) // 2]
            found = self._ask(left[0].after, left[-1].upto)
            cells = left if self._expected(left).missing(found) else cells[len(left) :]
        self._known = (minute, minute.cells.index(cells[0]))
        return OldestMissing(cells[0])

    def _skip(self, minute: Minute) -> int:
        """How many of its first cells are known to be complete, when it is the minute that was looked into last."""
        return self._known[1] if self._known and self._known[0] is minute else 0

    def _look_at_newest(self, stretch: Sequence[Minute]) -> None:
        """Of the minute that still grows, what was complete a moment ago isn't counted again: that would cost as much
        as all the rest. When it is over it is counted as a whole before it is settled, so a late doubling shows.
        """
        newest = stretch[-1]
        skip = self._skip(newest) if len(stretch) == 1 else 0
        if not skip:
            self._look(stretch)
            return
        self._left -= 1
        answer = self._ask(newest.cells[skip].after, newest.upto)
        newest.finds(self.stage, self._expected(newest.cells[:skip]).plus(answer))

    def _look(self, stretch: Sequence[Minute]) -> None:
        self._left -= 1
        self._note(stretch, self._ask(stretch[0].after, stretch[-1].upto))

    def _note(self, stretch: Sequence[Minute], found: Figures) -> None:
        if len(stretch) == 1:
            stretch[0].finds(self.stage, found)
            return
        expected = total_of(minute.expected(self.stage) for minute in stretch)
        if found in (expected, NOTHING):
            for minute in stretch:
                minute.finds(self.stage, NOTHING if found == NOTHING else minute.expected(self.stage))
        elif self._left <= 0:
            self._spread(stretch, found)
        else:
            left, right = stretch[: len(stretch) // 2], stretch[len(stretch) // 2 :]
            self._left -= 1
            of_left = self._ask(left[0].after, left[-1].upto)
            self._note(left, of_left)
            self._note(right, found.without(of_left))

    def _spread(self, stretch: Sequence[Minute], found: Figures) -> None:
        """No question is left: the sum is right, and each minute's share is what a consumer in order would have."""
        for minute in stretch[:-1]:
            expected = minute.expected(self.stage)
            share = Figures(min(found.events, expected.events), min(found.total, expected.total))
            minute.finds(self.stage, share)
            found = found.without(share)
        stretch[-1].finds(self.stage, found)

    def _expected(self, cells: Sequence[Cell]) -> Figures:
        return total_of(cell.expected(self.stage) for cell in cells)


def oldest_in_order(minutes: Sequence[Minute], stage: str) -> OldestMissing | None:
    """As `oldest_missing`, when the stage can't be asked: where a consumer that works in order would stand."""
    minute = next((each for each in minutes if each.missing(stage)), None)
    if minute is None:
        return None
    left = minute.found[stage]
    for cell in minute.cells:
        if cell.expected(stage).missing(left):
            return OldestMissing(cell)
        left = left.without(cell.expected(stage))
    return OldestMissing(minute.cells[-1])


def _contiguous(minutes: Sequence[Minute]) -> list[list[Minute]]:
    """The minutes in stretches without a settled one in between, each of POSITIONS_MAX positions or of one minute."""
    if not minutes:
        return []
    stretches = [[minutes[0]]]
    for before, minute in pairwise(minutes):
        if before.upto == minute.after and minute.upto - stretches[-1][0].after <= POSITIONS_MAX:
            stretches[-1].append(minute)
        else:
            stretches.append([minute])
    return stretches
