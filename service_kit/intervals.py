"""A set of whole numbers that are mostly neighbours, kept as the stretches that they form.

For "which positions have been seen": a million in order are one stretch, and each hole costs one more. What arrives out
of order costs the move of a list's tail, which is cheap as long as the stretches are thousands and not millions.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence


class Intervals:
    """A set of integers. Bounds are both inclusive in `add` and `to_list`; ranges asked for are (after, upto]."""

    def __init__(self) -> None:
        # The stretches in order; no two touch, so that there is one way to write a set.
        self._firsts: list[int] = []
        self._lasts: list[int] = []

    @classmethod
    def from_list(cls, stretches: Iterable[Sequence[int]]) -> Intervals:
        """The set that `to_list` wrote; in any order and overlapping is fine too."""
        intervals = cls()
        for first, last in stretches:
            intervals.add(first, last)
        return intervals

    def to_list(self) -> list[list[int]]:
        """[[first, last], ...] in order: fit for JSON and BSON."""
        return [[first, last] for first, last in zip(self._firsts, self._lasts, strict=True)]

    def add(self, first: int, last: int | None = None) -> int:
        """Add first..last (one number without `last`); return how many of them were new.

        Raises:
            ValueError: `last` is below `first`.
        """
        last = first if last is None else last
        if last < first:
            raise ValueError(f"a stretch from {first} to {last} runs backwards")
        # The stretches that overlap the new one or touch it become one with it.
        left = bisect_left(self._lasts, first - 1)
        right = bisect_right(self._firsts, last + 1)
        if left == right:
            self._firsts.insert(left, first)
            self._lasts.insert(left, last)
            return last - first + 1
        new = last - first + 1 - self.count_between(first - 1, last)
        self._firsts[left:right] = [min(first, self._firsts[left])]
        self._lasts[left:right] = [max(last, self._lasts[right - 1])]
        return new

    def drop_upto(self, upto: int) -> None:
        """Forget every number up to and including `upto`."""
        kept = bisect_right(self._lasts, upto)
        del self._firsts[:kept], self._lasts[:kept]
        if self._firsts:
            self._firsts[0] = max(self._firsts[0], upto + 1)

    def covers(self, number: int) -> bool:
        """Whether the number is in the set."""
        at = bisect_left(self._lasts, number)
        return at < len(self._lasts) and self._firsts[at] <= number

    def count_between(self, after: int, upto: int) -> int:
        """How many numbers of the set are above `after` and not above `upto`."""
        if upto <= after:
            return 0
        left = bisect_right(self._lasts, after)
        right = bisect_right(self._firsts, upto)
        if left >= right:
            return 0
        whole = sum(self._lasts[left:right]) - sum(self._firsts[left:right]) + right - left
        before = max(0, after + 1 - self._firsts[left])
        beyond = max(0, self._lasts[right - 1] - upto)
        return whole - before - beyond

    @property
    def first_end(self) -> int | None:
        """The last number of the first stretch: "complete up to here". None when the set is empty."""
        return self._lasts[0] if self._lasts else None

    @property
    def last(self) -> int | None:
        """The highest number. None when the set is empty."""
        return self._lasts[-1] if self._lasts else None

    def __len__(self) -> int:
        """How many stretches there are, which is what memory and speed depend on."""
        return len(self._firsts)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Intervals):
            return NotImplemented
        return self._firsts == other._firsts and self._lasts == other._lasts

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Intervals.from_list({self.to_list()})"
