"""The stages of a journey, and how they become a timeline. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
UUID_WITH_TIME = 7

PREVIOUS = {
    "requested": None,
    "decided": "requested",
    "committed": "decided",
    "published": "committed",
    "consumed_by_notification": "published",
    "in_inbox": "consumed_by_notification",
    "consumed_by_analytics": "published",
    "in_lake": "consumed_by_analytics",
}
"""The stages in order, each with the one that it follows: from the topic on there are two ways."""


class State(StrEnum):
    """Of a stage. NOT_KEPT: it will never be known, so nobody waits for it; UNKNOWN: its source can't be asked now."""

    DONE = "done"
    WAITING = "waiting"
    NOT_KEPT = "not_kept"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Finding:
    """What a source says of a stage; `detail` is for people."""

    state: State
    at: datetime | None = None
    detail: str = ""

    @property
    def is_final(self) -> bool:
        """Whether asking again would give the same."""
        return self.state in (State.DONE, State.NOT_KEPT)


@dataclass(frozen=True)
class Decided:
    """What the ledger's journal says of a transfer, as far as its journey needs it.

    `at` is when the ledger decided; `payer` and `payees` are user ids (None: the outside world, or nobody we know).
    """

    position: int
    transfer_id: str
    at: datetime
    kind: str
    status: str
    partition_key: bytes
    traceparent: str | None
    payer: str | None
    payees: tuple[str | None, ...]

    @property
    def requested_at(self) -> datetime | None:
        """When the request came in, which a UUID of version 7 carries (RFC 9562, section 5.7); others carry no time."""
        number = UUID(self.transfer_id)
        if number.version != UUID_WITH_TIME:
            return None
        return EPOCH + timedelta(milliseconds=number.int >> 80)

    @property
    def told(self) -> dict[str, str]:
        """Whom a notification is owed to, by side ("payer", "payee")."""
        sides = {"payer": self.payer}
        if self.status == "posted":
            sides |= {"payee": self.payees[0] if self.payees else None}
        return {side: user for side, user in sides.items() if user is not None}

    def involves(self, user_id: str) -> bool:
        """Whether the user is a party to it; of a rejected transfer only the payer hears."""
        return user_id == self.payer or (self.status == "posted" and user_id in self.payees)


@dataclass(frozen=True)
class Stage:
    """One step of the timeline. `after_ms`: since the journey began; `hop_ms`: since the last known step before."""

    name: str
    state: State
    at: datetime | None
    after_ms: int | None
    hop_ms: int | None
    detail: str


@dataclass(frozen=True)
class Journey:
    """A transfer's stages in order."""

    transfer: Decided
    stages: tuple[Stage, ...]

    @property
    def complete(self) -> bool:
        """Whether looking again would show nothing new."""
        return all(stage.state in (State.DONE, State.NOT_KEPT) for stage in self.stages)

    @property
    def total_ms(self) -> int:
        """From its beginning to the last stage known."""
        return max((stage.after_ms for stage in self.stages if stage.after_ms is not None), default=0)


def journey_of(transfer: Decided, findings: Mapping[str, Finding]) -> Journey:
    """The timeline of what was found; every stage of PREVIOUS must have its finding."""
    began = findings["requested"].at or transfer.at

    def after(at: datetime | None) -> int | None:
        return None if at is None else round((at - began) / timedelta(milliseconds=1))

    stages = []
    for name in PREVIOUS:
        found = findings[name]
        before = _known_before(name, findings)
        own, earlier = after(found.at), after(before)
        hop = own - earlier if own is not None and earlier is not None else None
        stages.append(Stage(name, found.state, found.at, own, hop, str(found.detail)))
    return Journey(transfer, tuple(stages))


def _known_before(name: str, findings: Mapping[str, Finding]) -> datetime | None:
    before = PREVIOUS[name]
    while before is not None and findings[before].at is None:
        before = PREVIOUS[before]
    return findings[before].at if before is not None else None
