"""Which journal positions were seen on the topic, and how often."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from monitoring.reconciliation.minutes import Figures
from service_kit.intervals import Intervals

TIMES_MAX = 8
"""A position that was seen more often counts as seen so often: a relay in a circle must not fill our memory."""


class Sightings:
    """Exact counts in little memory: one set of positions for those seen once, one for twice, and so on."""

    def __init__(self, floor: int, levels: Iterable[Sequence[Sequence[int]]] = ()) -> None:
        """Positions up to `floor` are none of our business; `levels` as `to_lists` gave them."""
        self.floor = floor
        self._levels = [Intervals.from_list(level) for level in levels] or [Intervals()]

    def saw(self, position: int) -> None:
        """One more message with this position."""
        if position <= self.floor:
            return
        for level in self._levels:
            if level.add(position):
                return
        if len(self._levels) < TIMES_MAX:
            self._levels.append(Intervals.from_list([(position, position)]))

    def has(self, position: int) -> bool:
        """Whether it was seen."""
        return self._levels[0].count_between(position - 1, position) == 1

    def between(self, after: int, upto: int) -> Figures:
        """Of the positions above `after` up to `upto`: how many were seen. Those seen again are told by `again`."""
        seen = self._levels[0].count_between(after, upto)
        return Figures(seen, seen)

    def again(self) -> int:
        """Sightings beyond each position's first."""
        return sum(_size(level) for level in self._levels[1:])

    def above(self, position: int) -> int:
        """How many positions above this one were seen: with the journal's head, those that it doesn't have."""
        last = self._levels[0].last
        return 0 if last is None else self._levels[0].count_between(position, last)

    def forget_upto(self, position: int) -> None:
        """Nothing up to `position` is of interest any more."""
        if position > self.floor:
            self.floor = position
            for level in self._levels:
                level.drop_upto(position)

    def to_lists(self) -> list[list[list[int]]]:
        """For the store."""
        return [level.to_list() for level in self._levels]


def _size(level: Intervals) -> int:
    return sum(last - first + 1 for first, last in level.to_list())
