"""Records of the journal that somebody has touched: a journal only grows, so nobody may."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from monitoring.audit.breaches import Breach, Kind
from monitoring.audit.first_seen import FirstSeen
from monitoring.audit.fold import payer_of

MOST_LOOKED_AT = 1_000


class Records(Protocol):
    """As LedgerView."""

    def records(self, after: int, limit: int) -> Iterable[tuple[Mapping[str, Any], bytes]]: ...


class Suspects:
    """Each is looked at in every pass until it is as it was first read, however far the sweep has come.

    What was never read before it was touched only the chain can judge: that is the fold's.
    """

    def __init__(self, first_seen: FirstSeen) -> None:
        self._first_seen = first_seen
        self._positions: set[int] = set()
        self.breaches: list[Breach] = []

    @property
    def accounts(self) -> set[str]:
        """Those that a changed record names."""
        return {breach.account for breach in self.breaches if breach.kind is Kind.CHAIN}

    @property
    def gaps(self) -> int:
        """How many records were removed."""
        return sum(1 for breach in self.breaches if breach.kind is Kind.GAP)

    def look(self, view: Records, touched: Iterable[Any]) -> None:
        """`touched` since the last look: ids of any type, of which those that are positions count."""
        self._positions.update(id for id in touched if isinstance(id, int))
        self.breaches = []
        for position in sorted(self._positions)[:MOST_LOOKED_AT]:
            breach = self._wrong_with(view, position)
            if breach is None:
                self._positions.discard(position)
            else:
                self.breaches.append(breach)

    def _wrong_with(self, view: Records, position: int) -> Breach | None:
        for record, raw in view.records(position - 1, 1):
            if record["_id"] != position:
                break
            if not self._first_seen.differs(position, raw, sound=False):
                return None
            expected = "the record as it was first read"
            return Breach(Kind.CHAIN, payer_of(record), position, expected, "changed by hand")
        return Breach(Kind.GAP, "", position, f"a record at position {position}", "removed by hand")
