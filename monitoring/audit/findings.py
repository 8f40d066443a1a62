"""What one audit found, as the metrics and the status page are told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from monitoring.audit.breaches import Breach

MOST_STORED = 50


@dataclass(frozen=True)
class Sighting:
    """A breach, and since when it has been there without a break."""

    breach: Breach
    first_seen_at: datetime


@dataclass(frozen=True)
class Findings:
    """The ledger at one moment. `currencies`: the sum over all accounts in minor units, which must be 0.

    `sweep_finished_at` is when all of the history was last read again, None before the first time.
    """

    at: datetime
    position: int
    accounts: int
    currencies: dict[str, int]
    sightings: list[Sighting]
    drifted: int
    negative: int
    chain_broken: int
    gaps: int
    sweep_position: int
    sweep_finished_at: datetime | None

    def document(self) -> dict[str, Any]:
        """As it stands in the collection `audit`."""
        return {
            "at": self.at,
            "position": self.position,
            "accounts": self.accounts,
            "currencies": self.currencies,
            "drifted_accounts": self.drifted,
            "negative_accounts": self.negative,
            "chain_broken_accounts": self.chain_broken,
            "missing_records": self.gaps,
            "breaches": [_document(sighting) for sighting in self.sightings[:MOST_STORED]],
            "sweep": {"position": self.sweep_position, "finished_at": self.sweep_finished_at},
        }


def _document(sighting: Sighting) -> dict[str, Any]:
    breach = sighting.breach
    return {
        "kind": str(breach.kind),
        "account": breach.account,
        "position": breach.position,
        "expected": breach.expected,
        "found": breach.found,
        "size": breach.size,
        "first_seen_at": sighting.first_seen_at,
    }
