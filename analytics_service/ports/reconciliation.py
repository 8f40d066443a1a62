"""The reconciliation: the ledger that is asked, and where results are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from analytics_service.domain.reconciliation import Figures, Interval


class LedgerAway(Exception):
    """The ledger's API, or auth, which gives us the token for it, doesn't answer as expected; the text says how."""


class Stretch(NamedTuple):
    """The ledger's figures, and the journal's last position at that moment."""

    figures: Figures
    head: int


class Ledger(Protocol):
    """The ledger's own figures."""

    def stretch(self, after: int, upto: int) -> Stretch:
        """Of the positions above `after` and not above `upto`; raises LedgerAway."""


class Reconciliations(Protocol):
    """The intervals that have been held against the ledger. All raise PyMongoError on an outage."""

    def upto(self) -> int:
        """The position up to which everything has been; 0 before the first time."""

    def keep(self, interval: Interval) -> None:
        """A new one, or what a further look at one has found. Intervals are known by `after`."""

    def extend(self, interval: Interval, positions_max: int) -> bool:
        """Add one that agrees to its neighbour before it, where that agrees, too, and both are small enough.

        False where it can't be; nothing has changed then.
        """

    def to_look_at_again(self, broken: int, agreeing: int) -> Sequence[Interval]:
        """Those that nobody has looked at for longest: at most so many with breaks, and so many without."""

    def latest(self, limit: int) -> Sequence[Interval]:
        """The last of the journal, and before them all with breaks; latest first, at most `limit` of each."""

    def breaks(self) -> Mapping[str, int]:
        """How many breaks there are, by kind."""
