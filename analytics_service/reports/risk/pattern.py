"""What a pattern of risk is: which payments count for it, when an account is suspected, and what proves it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from analytics_service.reports.risk.finding import Edge, Finding
from analytics_service.reports.thresholds import Threshold, Values

Side = Literal["payer_account", "payee_account"]


@dataclass(frozen=True)
class Pattern:
    """Its functions are given the thresholds' values, and depend on nothing else."""

    name: str
    title: str
    description: str
    thresholds: tuple[Threshold, ...]
    counts: Callable[[pd.DataFrame, Values], pd.Series]
    """Which of posted payments (with EDGE's columns) count."""
    find: Callable[[Sequence[Edge], Values], Iterable[Finding]]
    """The findings of the edges that are left, which are in order of time."""
    window_ms: Callable[[Values], int]
    """How long a window is, in milliseconds."""
    side: Side | None = None
    """Whose payments in a window are counted first, so that only the suspects' are looked at; None: all are."""
    least: Callable[[Values], int] | None = None
    """How many payments one account needs within a window to be suspected."""
    background: Literal["counted", "all"] | None = None
    """Whether all of a suspect's payments that count, or all at all, are needed, and not only those of busy times."""

    @property
    def defaults(self) -> dict[str, int]:
        """The thresholds' values where nobody sets them."""
        return {threshold.name: threshold.default for threshold in self.thresholds}
