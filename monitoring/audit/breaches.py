"""What can be wrong with the ledger, and the few places of it that are named."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The value of a label, so the set is fixed."""

    DRIFT = "drift"
    CHAIN = "chain"
    NEGATIVE = "negative"
    GAP = "gap"
    UNBALANCED = "unbalanced"


@dataclass(frozen=True, slots=True)
class Breach:
    """One thing that is wrong. `account` is "" where none can be named; `position` is the journal's.

    `size` says how much, at least 1: minor units (drift, negative, unbalanced, a changed amount), records (gap).
    """

    kind: Kind
    account: str
    position: int
    expected: str
    found: str
    size: int = 1

    @property
    def place(self) -> tuple[Kind, str, int]:
        """What makes two sightings the same breach."""
        return self.kind, self.account, self.position
