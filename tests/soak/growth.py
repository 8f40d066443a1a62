"""What has grown that should be level: a pure function of what was measured on the way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

FEWEST = 8
"""Of fewer measurements nothing can be said."""


@dataclass(frozen=True)
class Allowed:
    """How much a figure may be above what it was: the greater of a share of it and of an amount."""

    share: float
    amount: float


ALLOWED = {
    "memory": Allowed(0.10, 24_000_000),
    "threads": Allowed(0.10, 3),
    "open files": Allowed(0.10, 12),
    "series": Allowed(0.05, 40),
}
"""By what is measured; memory is in bytes."""


@dataclass(frozen=True)
class Measured:
    """One figure of one process, over time and evenly spaced."""

    process: str
    what: str
    values: Sequence[float]

    @property
    def before(self) -> float:
        """The median of the second quarter: the first is a process that warms up."""
        quarter = len(self.values) // 4
        return median(self.values[quarter : 2 * quarter])

    @property
    def after(self) -> float:
        """The median of the last quarter."""
        return median(self.values[-(len(self.values) // 4) :])


def grown(measured: Iterable[Measured]) -> list[str]:
    """One sentence for each figure that is not level, or of which too little is known."""
    found = []
    for each in measured:
        if len(each.values) < FEWEST:
            found.append(f"{each.process}: {each.what} was measured {len(each.values)} times only")
            continue
        allowed = ALLOWED[each.what]
        if each.after - each.before > max(allowed.share * each.before, allowed.amount):
            found.append(f"{each.process}: {each.what} grew from {each.before:,.0f} to {each.after:,.0f}")
    return found
