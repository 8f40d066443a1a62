"""What a report is: figures that add up, so that a lake in one piece and a lake in a thousand give the same answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, Self

import pandas as pd

from analytics_service.filters import Selection
from analytics_service.reports.columns import COLUMNS, Column
from analytics_service.reports.thresholds import Threshold
from service_kit.errors import Problem

EXACT_BELOW = 2**62
GROUPS_MAX = 5_000_000
"""Of a report over a whole lake; they are in memory."""
ROWS_MAX = 200_000
"""Of an answer: a statement or a figure for each minute may have as many rows as there are transfers."""
LIMIT = 10
LIMIT_MAX = 100


class FiguresTooLargeError(Problem):
    """Sums are 64-bit integers: rather no figure than one that has wrapped around."""

    status = 422
    code = "figures_too_large"
    title = "These sums are too large to be exact"


class TooManyFiguresError(Problem):
    """An answer is held in memory: rather none than a process that dies of it."""

    status = 422
    code = "too_many_figures"
    title = "This report would have too many rows"


@dataclass(frozen=True)
class Report:
    """A pure function from legs (see lake.schema.LEGS) to a table of integers, times and codes.

    It works in two steps: `measure` makes groups and sums of some legs; the sums of many such tables are added up
    by `keys`, and `present` makes the answer of them. Both are told the selection that was asked for, by which a part
    may depend on nothing but its own legs.
    """

    name: str
    title: str
    description: str
    keys: tuple[str, ...]
    sums: tuple[str, ...]
    reads: frozenset[str]
    """The columns of legs that it needs."""
    measure: Callable[[pd.DataFrame, Selection], pd.DataFrame]
    present: Callable[[pd.DataFrame, Selection, int], pd.DataFrame]
    latest: tuple[str, ...] = ()
    """Columns of which a group has the value at its highest `position`, which `measure` gives with them."""
    answers: tuple[str, ...] = ()
    """The columns of the answer, where they aren't the keys and sums."""
    limit_max: int = 0
    """How many rows of each kind may be asked for by `limit`; 0 where all are given."""
    limited_by: str = ""
    """What it is that `limit` counts."""
    needs: Literal["account", "user", None] = None
    """The filter without which it can't be made."""
    condenses: bool = False
    """Whether legs that are alike may be added up before it sees them (lake.condensing)."""
    looks_back: bool = False
    """Whether it needs the legs from before the selection's beginning, too."""
    analysts_only: bool = False
    """Whether only those may ask who may see everybody's transfers."""
    thresholds: tuple[Threshold, ...] = ()
    """What may be set beside the filter."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Of the answer."""
        return self.answers or self.keys + self.sums + self.latest

    @property
    def schema(self) -> tuple[Column, ...]:
        """What each column of the answer is and means."""
        return tuple(COLUMNS[name] for name in self.columns)

    def misses(self, selection: Selection) -> str | None:
        """The filter that it can't be made without, where it isn't set."""
        known = {"account": selection.account, "user": selection.user_id}
        return self.needs if self.needs and known[self.needs] is None else None

    def selects(self, selection: Selection) -> Selection:
        """What is to be read for it."""
        return selection.from_the_beginning() if self.looks_back else selection

    def tuned(self, values: Mapping[str, int]) -> Self:
        """The same with other thresholds, by name. Raises BadThresholdError."""
        assert not values, f"{self.name} has no thresholds"  # noqa: S101
        return self

    def prepared(self, ask: Callable[[Report], pd.DataFrame]) -> Self:
        """The report as it is to be run; `ask` gives another one's part of the same files, where one must know it."""
        return self

    def of(self, legs: pd.DataFrame, selection: Selection = Selection(), limit: int = LIMIT) -> pd.DataFrame:  # noqa: B008 - frozen
        """The whole report over `legs`."""
        return self.answer_of(self.part(legs, selection), selection, limit)

    def part(self, legs: pd.DataFrame, selection: Selection) -> pd.DataFrame:
        """The groups and sums of some of the legs."""
        return self._added(self.measure(legs, selection))

    def combined(self, parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
        """The part of all the legs that the parts were made of, in whatever order and however often it is done."""
        return self._added(pd.concat(list(parts), ignore_index=True))

    def answer_of(self, part: pd.DataFrame, selection: Selection, limit: int = LIMIT) -> pd.DataFrame:
        """The report over all the legs that the part was made of."""
        return self.present(part, selection, limit)[list(self.columns)]

    def _added(self, measured: pd.DataFrame) -> pd.DataFrame:
        keys, sums = list(self.keys), list(self.sums)
        if (measured[sums].astype("float64").abs().sum() >= EXACT_BELOW).any():
            raise FiguresTooLargeError("Narrow the filter, for example to fewer days.")
        groups = {"by": keys, "dropna": False, "sort": True, "as_index": False}
        added = measured.groupby(**groups)[sums].sum()
        require_at_most(GROUPS_MAX, added)
        if not self.latest:
            return added
        latest = measured.sort_values("position", kind="stable").groupby(**groups).last()
        return added.assign(**{name: latest[name] for name in ("position", *self.latest)})


def require_at_most(most: int, table: pd.DataFrame) -> None:
    """Raises TooManyFiguresError."""
    if len(table) > most:
        raise TooManyFiguresError(f"There are more than {most:,}: narrow the filter, for example to fewer days.")


def in_order(figures: pd.DataFrame, _selection: Selection, _limit: int) -> pd.DataFrame:
    """For a report that needs nothing done to its sums: they are in the order of the keys."""
    return figures
