"""How a probe transfer ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

ACCEPTED, NOTIFIED, IN_LAKE = STAGES = ("accepted", "notified", "in_lake")


class Outcome(StrEnum):
    """The value of a label. `late`: accepted, not seen everywhere in time; `failed`: no answer, or not a good one."""

    OK = "ok"
    REFUSED = "refused"
    LATE = "late"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Probe:
    """One probe. Stages are milliseconds after it was sent, None where they weren't reached; `id` is its key."""

    id: str
    at: datetime
    outcome: Outcome
    accepted_ms: int | None = None
    notified_ms: int | None = None
    in_lake_ms: int | None = None
    transfer_id: str | None = None
    detail: str = ""

    def stages(self) -> dict[str, int]:
        """The stages that were reached."""
        times = dict(zip(STAGES, (self.accepted_ms, self.notified_ms, self.in_lake_ms), strict=True))
        return {stage: time for stage, time in times.items() if time is not None}

    def document(self) -> dict[str, Any]:
        """As it stands in the collection `probes`."""
        return {
            "_id": self.id,
            "at": self.at,
            "outcome": str(self.outcome),
            "accepted_ms": self.accepted_ms,
            "notified_ms": self.notified_ms,
            "in_lake_ms": self.in_lake_ms,
            "transfer_id": self.transfer_id,
            "detail": self.detail,
        }
