"""Where reconciled intervals are kept, in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from analytics_service.domain.reconciliation import KINDS, Interval


class ReconciliationsInMemory:
    """Passes the same tests as the one in MongoDB: tests/unit/analytics_service/reconciliation_contract.py."""

    def __init__(self) -> None:
        self.intervals: dict[int, Interval] = {}

    def upto(self) -> int:
        return max((interval.upto for interval in self.intervals.values()), default=0)

    def keep(self, interval: Interval) -> None:
        known = self.intervals.get(interval.after)
        if known is None or known.upto <= interval.upto:
            self.intervals[interval.after] = interval

    def extend(self, interval: Interval, positions_max: int) -> bool:
        for known in self.intervals.values():
            if known.upto == interval.after and known.agrees and known.after >= interval.upto - positions_max:
                self.intervals[known.after] = replace(known, upto=interval.upto)
                return True
        return False

    def to_look_at_again(self, broken: int, agreeing: int) -> Sequence[Interval]:
        ordered = sorted(self.intervals.values(), key=lambda interval: interval.checked_at)
        differ = [interval for interval in ordered if not interval.agrees]
        return [*differ[:broken], *[interval for interval in ordered if interval.agrees][:agreeing]]

    def latest(self, limit: int) -> Sequence[Interval]:
        ordered = [interval for _, interval in sorted(self.intervals.items(), reverse=True)]
        return [*ordered[:limit], *[interval for interval in ordered[limit:] if not interval.agrees][:limit]]

    def breaks(self) -> Mapping[str, int]:
        return {kind: sum(interval.counts[kind] for interval in self.intervals.values()) for kind in KINDS}
