"""What a report is: figures that add up, so that a lake in one piece and a lake in a thousand give the same answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import pandas as pd

from service_kit.errors import Problem

EXACT_BELOW = 2**62
LIMIT = 10
LIMIT_MAX = 100


class FiguresTooLargeError(Problem):
    """Sums are 64-bit integers: rather no figure than one that has wrapped around."""

    status = 422
    code = "figures_too_large"
    title = "These sums are too large to be exact"


@dataclass(frozen=True)
class Report:
    """A pure function from legs (see lake.schema.LEGS) to a table of integers, times and codes.

    It works in two steps: `measure` makes groups and sums of some legs; the sums of many such tables are added up
    by `keys`, and `present` puts them in order. `reads` are the columns of legs that it needs.
    """

    name: str
    title: str
    description: str
    keys: tuple[str, ...]
    sums: tuple[str, ...]
    reads: frozenset[str]
    measure: Callable[[pd.DataFrame], pd.DataFrame]
    present: Callable[[pd.DataFrame, int], pd.DataFrame]
    takes_limit: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """Of the answer."""
        return self.keys + self.sums

    def of(self, legs: pd.DataFrame, limit: int = LIMIT) -> pd.DataFrame:
        """The whole report over `legs`."""
        return self.of_parts([self.part(legs)], limit)

    def part(self, legs: pd.DataFrame) -> pd.DataFrame:
        """The groups and sums of some of the legs."""
        return self._added(self.measure(legs))

    def of_parts(self, parts: Iterable[pd.DataFrame], limit: int = LIMIT) -> pd.DataFrame:
        """The report over all the legs that the parts were made of."""
        return self.present(self._added(pd.concat(list(parts), ignore_index=True)), limit)[list(self.columns)]

    def _added(self, measured: pd.DataFrame) -> pd.DataFrame:
        sums = list(self.sums)
        if (measured[sums].astype("float64").sum() >= EXACT_BELOW).any():
            raise FiguresTooLargeError("Narrow the filter, for example to fewer days.")
        return measured.groupby(list(self.keys), dropna=False, sort=True, as_index=False)[sums].sum()
