"""A notification on its way out of the platform, by e-mail or to a webhook."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from notification_service.domain.notification import Channel, Notification

OUTWARD_WITHIN = timedelta(days=7)
"""What happened longer ago goes to the inbox alone: nobody wants a letter about last month, and a topic that is read
again from its beginning must not send any."""
REMEMBERED_AT_LEAST = OUTWARD_WITHIN + timedelta(days=1)
"""Of a delivery that is over: one that was forgotten within OUTWARD_WITHIN would be ordered, and sent, again."""
ASKED = ":asked"


def lane_of_all(lane: str) -> str:
    """The lane whose health tells of this one's: itself, but of an asked one that of the rest."""
    return lane.removesuffix(ASKED)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What is to be delivered, and where.

    `notification.channel` is the way; `target` is the webhook endpoint's id, empty for e-mail, where the person's
    address is looked up when it is sent. `traceparent` is of the event that it came from. `asked`: its owner wants to
    see now how it goes; until its first attempt is over it has a lane of its own, which no breaker closes.
    """

    notification: Notification
    target: str = ""
    traceparent: str | None = None
    asked: bool = False

    @property
    def id(self) -> str:
        """Unique per event, person, channel and target: who delivers and who receives know a repetition by it."""
        return f"{self.notification.id}.{self.target}" if self.target else self.notification.id

    @classmethod
    def by(cls, lane: str, told: Notification, traceparent: str | None = None) -> Delivery:
        """What was told in the inbox, on its way out by this lane."""
        channel, _, target = lane.partition(":")
        return cls(replace(told, channel=Channel(channel), silent=False, ways=(), found=()), target, traceparent)

    @property
    def lane(self) -> str:
        """Who takes it: one webhook endpoint, or the mail server. What is away or slow holds up its own lane only."""
        channel = str(self.notification.channel)
        lane = f"{channel}:{self.target}" if self.target else channel
        return lane + ASKED if self.asked else lane


class DeliveryState(StrEnum):
    """PENDING until it is over: DELIVERED; DEAD, when it was refused or given up; CANCELLED, when nobody wants it."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"
    CANCELLED = "cancelled"


class Outcome(StrEnum):
    """What came of one attempt. UNKNOWN until it is known; for ever where the deliverer died in it: perhaps sent."""

    UNKNOWN = "unknown"
    DELIVERED = "delivered"
    AWAY = "away"
    DELAYED = "delayed"
    REFUSED = "refused"
    UNWANTED = "unwanted"
    BROKEN = "broken"


_FAILED = frozenset({Outcome.AWAY, Outcome.DELAYED, Outcome.REFUSED, Outcome.UNWANTED, Outcome.BROKEN})


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try. `status` is the code that the other side answered with (HTTP, SMTP), None where it didn't; `cause` a
    short stable word for what went wrong."""

    at: datetime
    outcome: Outcome = Outcome.UNKNOWN
    status: int | None = None
    latency_ms: int | None = None
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that this deliverer alone may attempt until its claim lapses.

    `number` counts the attempts since it was ordered or redriven, this one included; `since` is when that was; `at`
    is the time of the attempt that the claim is for.
    """

    delivery: Delivery
    claim: str
    number: int
    since: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """A delivery as it is kept. `attempts` are the latest, oldest first; `cause` tells why it is dead or cancelled;
    `order` sorts, as text, by when it was ordered, and is unique."""

    delivery: Delivery
    state: DeliveryState
    created_at: datetime
    next_attempt_at: datetime
    attempts: tuple[Attempt, ...]
    finished_at: datetime | None
    cause: str | None
    order: str

    @property
    def to_be_tried_again(self) -> bool:
        """Whether its latest attempt has failed and another will be made."""
        return self.state == DeliveryState.PENDING and bool(self.attempts) and self.attempts[-1].outcome in _FAILED
