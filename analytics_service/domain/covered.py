"""Which positions of the journal the lake holds, and since when up to which it is complete."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from service_kit.intervals import Intervals

Stretch = tuple[int, int, datetime]
"""First and last position, and when the ledger decided the last one."""


@dataclass(frozen=True)
class Watermark:
    """Every event up to `position` is in the lake; `occurred_at` is that one's time, None before the first.

    Of what was decided before `from_` nothing is kept any longer; None: it is complete from the beginning.
    """

    position: int
    occurred_at: datetime | None
    from_: datetime | None = None


class Covered:
    """A set of positions that is only ever added to: `plus` makes a new one."""

    def __init__(self, stretches: Iterable[Sequence[Any]] = ()) -> None:
        """`stretches` as `to_list` gave them."""
        self._set = Intervals()
        self._ends: dict[int, datetime] = {}
        for first, last, ended_at in stretches:
            self._set.add(first, last)
            self._ends[last] = ended_at

    def to_list(self) -> list[Stretch]:
        """The stretches in order, for the store. Positions are gapless, so there is hardly ever more than one."""
        return [(first, last, self._ends[last]) for first, last in self._set.to_list()]

    def plus(self, times: Mapping[int, datetime]) -> Covered:
        """This set with further positions, each with the time of its event."""
        more = Covered()
        more._set = Intervals.from_list(self._set.to_list())
        for first, last in _runs(sorted(times)):
            more._set.add(first, last)
        more._ends = {last: self._ends.get(last) or times[last] for _, last in more._set.to_list()}
        return more

    def __contains__(self, position: int) -> bool:
        return self._set.covers(position)

    def gaps(self, upto: int) -> list[tuple[int, int]]:
        """The stretches of positions from 1 to `upto` that it lacks, in order."""
        gaps, next_ = [], 1
        for first, last in self._set.to_list():
            if first > next_:
                gaps.append((next_, min(first - 1, upto)))
            next_ = last + 1
        return [(first, last) for first, last in [*gaps, (next_, upto)] if first <= last]

    def includes(self, other: Covered) -> bool:
        """Whether it has every position of the other one."""
        return all(self._set.count_between(first - 1, last) == last - first + 1 for first, last, _ in other.to_list())

    def count(self, after: int, upto: int) -> int:
        """How many positions it holds above `after` and not above `upto`."""
        return self._set.count_between(after, upto)

    @property
    def watermark(self) -> Watermark:
        """Up to where nothing is missing: the end of the stretch that begins with the journal's first position, 1."""
        end = self._set.first_end
        if end is None or 1 not in self:
            return Watermark(0, None)
        return Watermark(end, self._ends[end])


def _runs(positions: Sequence[int]) -> Iterable[tuple[int, int]]:
    """First and last of each run of neighbours among sorted positions."""
    begins = [at for at, (one, next_) in enumerate(pairwise(positions), 1) if next_ != one + 1]
    return [(positions[at], positions[end - 1]) for at, end in pairwise(sorted({0, *begins, len(positions)}))]
