"""A notification: one thing told to one person on one channel."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid5

from contracts.notices import Kind

GRANT = "grant"
ORDER = re.compile(r"\d{13}-\d{16}-[0-9a-f-]{36}\Z")
LAST_MILLISECOND = 9_999_999_999_999
"""Of the year 2286: one more digit would not sort as text."""
_ALERTS = UUID("d7b1c9a4-3f64-5c0e-9a52-0f6d1f7f3c11")
"""Namespace of the ids of what Alertmanager says, so that a repetition has the same id."""


def moment_order(at: datetime) -> str:
    """Sorts, as text, below the order of everything that happened at that millisecond or later, and above the rest."""
    return f"{min(max(0, int(at.timestamp() * 1000)), LAST_MILLISECOND):013d}"


class Channel(StrEnum):
    """The ways by which a person is told. The inbox is the notification itself; the others deliver it."""

    INBOX = "inbox"
    EMAIL = "email"
    WEBHOOK = "webhook"


OUTWARD = (Channel.EMAIL, Channel.WEBHOOK)
"""Those by which a notification leaves the platform."""


class Direction(StrEnum):
    """Which way the money goes, as the reader sees it; OWN: between accounts of theirs."""

    OUT = "out"
    IN = "in"
    OWN = "own"


@dataclass(frozen=True, slots=True)
class Transfer:
    """The transfer as its reader took part in it.

    `id` is that of the transfer to look at: where an attempt was rejected, the one that it was about. `amount` is in
    minor units; `counterparty` is the other's user id, None where there isn't one we know: the platform, nobody of
    that name, several, oneself. `due_at` (RFC 3339) is when a hold ends or a scheduled transfer is decided.
    `direction` is None of what an older release stored. `paid_from` is the reader's account, of a payment that they
    have just sent: by it the payments of an account are found again.
    """

    id: str
    type: str
    amount: int
    currency: str
    counterparty: str | None = None
    reason: str | None = None
    direction: Direction | None = None
    due_at: str | None = None
    paid_from: str | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """The account that something was done about; `purpose` is main, or the name that its owner gave it."""

    id: str
    currency: str
    purpose: str


@dataclass(frozen=True, slots=True)
class Session:
    """The session that a security message is about, as far as the event tells: its id, what it was opened with
    ("Firefox on Linux") and by which door ("browser", "api")."""

    id: str
    device: str | None = None
    door: str | None = None


@dataclass(frozen=True, slots=True)
class Webhook:
    """A person's webhook that was disabled; `name` is its description or host, `cause` is gone or failing. Of one that
    was added or changed `name` is the host, whatever somebody has called it, and `cause` is by_owner."""

    id: str
    name: str
    cause: str


@dataclass(frozen=True, slots=True)
class Report:
    """A finished report; `id` is its job's at analytics, `name` what it is called. `rows` and `kept_until` (RFC 3339)
    are None where it could not be made."""

    id: str
    name: str
    rows: int | None = None
    kept_until: str | None = None


@dataclass(frozen=True, slots=True)
class Noticed:
    """What a rule found, beside the transfer: the limit that was reached and the balance that is left, in minor units;
    how many payments within how many minutes."""

    limit: int | None = None
    balance: int | None = None
    count: int | None = None
    minutes: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A rule's finding in an event, by which its notice can be made again; `about` is the payee, where it is one's."""

    kind: Kind
    noticed: Noticed
    about: str | None = None


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert as Alertmanager sent it; `status` is firing or resolved."""

    name: str
    status: str
    severity: str
    summary: str
    process: str
    runbook_url: str
    fingerprint: str
    starts_at: datetime
    ends_at: datetime | None = None
    dashboard_url: str = ""

    @property
    def event_id(self) -> str:
        """The same for every repetition of one state of one alert."""
        return str(uuid5(_ALERTS, f"{self.fingerprint}/{self.starts_at.isoformat()}/{self.status}"))


@dataclass(frozen=True, slots=True)
class Notification:
    """One thing told to one person on one channel: of a transfer, an account, a session, an alert, or of the person.

    `kind` is a Kind, or the name of one that only a later release knows. `position` is the journal's, of what tells
    the ledger's event itself; all else has none, so that who counts positions counts each event's own notifications.

    What was decided when it was first told is kept with it, since a preference may change before its event is
    repeated: `silent`, not wanted in the inbox, so that it is counted there and shown nowhere; `ways`, the lanes
    (`Delivery.lane`) by which it goes out as well; `found`, what rules found in the payment that it tells.
    """

    event_id: str
    user_id: str
    channel: Channel
    kind: str
    position: int | None
    occurred_at: datetime
    transfer: Transfer | None = None
    alert: Alert | None = None
    account: Account | None = None
    session: Session | None = None
    webhook: Webhook | None = None
    noticed: Noticed | None = None
    report: Report | None = None
    silent: bool = False
    ways: tuple[str, ...] = ()
    found: tuple[Found, ...] = ()

    @property
    def id(self) -> str:
        """Unique per event, person and channel: the event's id has a fixed length, so no two spell the same."""
        return f"{self.event_id}.{self.user_id}.{self.channel}"

    def without_content(self) -> Notification:
        """For somebody who is gone: that they were told is counted; what they were told is kept nowhere."""
        return Notification(
            self.event_id, self.user_id, self.channel, self.kind, self.position, self.occurred_at, silent=True
        )

    @property
    def order(self) -> str:
        """Sorts, as text, by time, then by the journal's position; unique within a person's inbox."""
        return f"{moment_order(self.occurred_at)}-{self.position or 0:016d}-{self.event_id}"


@dataclass(frozen=True, slots=True)
class Stored:
    """A notification as it is kept. `stamp` grows with every one that is stored, whoever stores it (decision 8). What
    is archived has left the inbox, and neither is counted nor marked with the rest."""

    notification: Notification
    consumed_at: datetime
    created_at: datetime
    read_at: datetime | None
    stamp: int
    archived_at: datetime | None = None
