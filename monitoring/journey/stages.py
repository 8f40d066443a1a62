"""The steps of a transfer and the stages of each, and how they become timelines. No I/O."""

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
    """What one record of the ledger's journal says of a transfer, as far as its journey needs it.

    `at` is when the ledger decided, `ends_at` when a hold expires or a scheduled transfer is due. `payer` is a user id
    (None: the outside world), `parties` are the users who may see the record, `told` those a notification is owed to.
    """

    position: int
    event_id: str
    transfer_id: str
    at: datetime
    kind: str
    status: str
    original: str | None
    ends_at: datetime | None
    partition_key: bytes
    traceparent: str | None
    payer: str | None
    parties: frozenset[str]
    told: frozenset[str]

    @property
    def requested_at(self) -> datetime | None:
        """When the request came in, which a UUID of version 7 carries (RFC 9562, section 5.7); others carry no time."""
        number = UUID(self.event_id)
        if number.version != UUID_WITH_TIME:
            return None
        return EPOCH + timedelta(milliseconds=number.int >> 80)


@dataclass(frozen=True)
class Transfer:
    """A transfer's own records in order, at least one, and the first records of those that are about it.

    What is about it are transfers of their own: refunds and reversals, and attempts that were refused.
    """

    records: tuple[Decided, ...]
    about: tuple[Decided, ...] = ()

    @property
    def id(self) -> str:
        return self.records[0].transfer_id

    @property
    def last(self) -> Decided:
        """The record that says what the transfer is now."""
        return self.records[-1]

    def seen_by(self, user_id: str) -> Transfer | None:
        """The records that the user is a party to; None without any, as of a plan whose payee knows nothing of it."""
        records, about = (
            tuple(record for record in found if user_id in record.parties) for found in (self.records, self.about)
        )
        return Transfer(records, about) if records else None


PENDING = "pending"


@dataclass(frozen=True)
class Sending:
    """One way to one person. `state`: pending, delivered, dead, cancelled; `attempts`: how many are kept.

    `outcome`, `status` and `at` are of the last attempt (`status`: HTTP's or SMTP's code); `next_at`: while pending.
    """

    user_id: str
    channel: str
    state: str
    attempts: int
    at: datetime | None
    outcome: str | None
    status: int | None
    next_at: datetime | None

    @property
    def failed(self) -> bool:
        """Whether it was tried, and has not arrived."""
        return self.state == "dead" or (self.state == PENDING and self.attempts > 0)


@dataclass(frozen=True)
class Stage:
    """One line of a timeline. `after_ms`: since the journey began; `hop_ms`: since the last known step before; `since`:
    of what is waited for, when the last known step before it was over."""

    name: str
    state: State
    at: datetime | None
    after_ms: int | None
    hop_ms: int | None
    since: datetime | None
    detail: str


@dataclass(frozen=True)
class Step:
    """One record of a transfer and its stages in order; `sent`: what went out about it, None where that isn't known."""

    record: Decided
    stages: tuple[Stage, ...]
    sent: tuple[Sending, ...] | None = ()

    @property
    def complete(self) -> bool:
        """Whether looking again would show nothing new."""
        return all(stage.state in (State.DONE, State.NOT_KEPT) for stage in self.stages)

    @property
    def total_ms(self) -> int:
        """From its beginning to the last stage known."""
        return max((stage.after_ms for stage in self.stages if stage.after_ms is not None), default=0)


@dataclass(frozen=True)
class Journey:
    """A transfer's steps in order."""

    transfer: Transfer
    steps: tuple[Step, ...]

    @property
    def complete(self) -> bool:
        """Whether looking again would show nothing new of what has happened so far."""
        return all(step.complete for step in self.steps)

    @property
    def sending(self) -> bool:
        """Whether something about it is still on its way out."""
        return any(each.state == PENDING for step in self.steps for each in step.sent or ())


def step_of(record: Decided, findings: Mapping[str, Finding], sent: tuple[Sending, ...] | None = ()) -> Step:
    """The timeline of what was found of a record; every stage of PREVIOUS must have its finding."""
    began = findings["requested"].at or record.at

    def after(at: datetime | None) -> int | None:
        return None if at is None else round((at - began) / timedelta(milliseconds=1))

    stages = []
    for name in PREVIOUS:
        found = findings[name]
        before = _known_before(name, findings)
        own, earlier = after(found.at), after(before)
        hop = own - earlier if own is not None and earlier is not None else None
        since = before if found.state is State.WAITING else None
        stages.append(Stage(name, found.state, found.at, own, hop, since, str(found.detail)))
    return Step(record, tuple(stages), sent)


def _known_before(name: str, findings: Mapping[str, Finding]) -> datetime | None:
    before = PREVIOUS[name]
    while before is not None and findings[before].at is None:
        before = PREVIOUS[before]
    return findings[before].at if before is not None else None
