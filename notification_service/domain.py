"""What is worth telling whom: pure rules from a decided transfer or an alert to notifications."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid5

INBOX = "inbox"
CHANNELS = (INBOX,)
ADMIN = "admin"
GRANT = "grant"
ORDER = re.compile(r"\d{13,15}-\d{16}-[0-9a-f-]{36}\Z")
_ALERTS = UUID("d7b1c9a4-3f64-5c0e-9a52-0f6d1f7f3c11")
"""Namespace of the ids of what Alertmanager says, so that a repetition has the same id."""


class Kind(StrEnum):
    """What a notification tells."""

    SENT = "transfer.sent"
    RECEIVED = "transfer.received"
    REJECTED = "transfer.rejected"
    ALERT = "operator.alert"


@dataclass(frozen=True, slots=True)
class Transfer:
    """The transfer as its reader took part in it. `amount` in minor units; `counterparty` is the other's user id,
    None where there isn't one we know: the platform, nobody of that name, several."""

    id: str
    type: str
    amount: int
    currency: str
    counterparty: str | None = None
    reason: str | None = None


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

    @property
    def event_id(self) -> str:
        """The same for every repetition of one state of one alert."""
        return str(uuid5(_ALERTS, f"{self.fingerprint}/{self.starts_at.isoformat()}/{self.status}"))


@dataclass(frozen=True, slots=True)
class Notification:
    """One thing told to one person on one channel. `position` is the journal's; an alert has none."""

    event_id: str
    user_id: str
    channel: str
    kind: Kind
    position: int | None
    occurred_at: datetime
    transfer: Transfer | None = None
    alert: Alert | None = None

    @property
    def id(self) -> str:
        """Unique per event, person and channel: the event's id has a fixed length, so no two spell the same."""
        return f"{self.event_id}.{self.user_id}.{self.channel}"

    @property
    def order(self) -> str:
        """Sorts, as text, by time, then by the journal's position; unique within a person's inbox."""
        milliseconds = max(0, int(self.occurred_at.timestamp() * 1000))
        return f"{milliseconds:013d}-{self.position or 0:016d}-{self.event_id}"


@dataclass(frozen=True, slots=True)
class Stored:
    """A notification as it is kept. `stamp` grows with every one that is stored, whoever stores it (decision 8)."""

    notification: Notification
    consumed_at: datetime
    created_at: datetime
    read_at: datetime | None
    stamp: int


def notifications_of(event: dict[str, Any]) -> list[Notification]:
    """Whom an event of topic `transactions` concerns: payer and payee of a payment, the payee of a grant, the payer of
    a rejection, nobody of an opened account. Nobody is told twice of one event."""
    if "transfer" not in event or event["type"] == "account.opened":
        return []
    told = _rejected(event) if event["type"] == "transfer.rejected" else _posted(event)
    return list({notification.id: notification for notification in told}.values())


def alert_notifications(alert: Alert, admins: Iterable[str]) -> list[Notification]:
    """An alert is told to every admin."""
    at = alert.ends_at if alert.status == "resolved" and alert.ends_at else alert.starts_at
    return [Notification(alert.event_id, admin, INBOX, Kind.ALERT, None, at, alert=alert) for admin in admins]


def _posted(event: dict[str, Any]) -> Iterator[Notification]:
    transfer = event["transfer"]
    payees = transfer["payees"]
    payer = transfer["payer"]["user_id"]
    for payee in payees:
        yield from _tell(event, payee["user_id"], Kind.RECEIVED, payee.get("amount", transfer["amount"]), payer)
    only = payees[0]["user_id"] if len(payees) == 1 else None
    yield from _tell(event, payer, Kind.SENT, transfer["amount"], only)


def _rejected(event: dict[str, Any]) -> Iterator[Notification]:
    transfer = event["transfer"]
    yield from _tell(
        event, transfer["payer"]["user_id"], Kind.REJECTED, transfer["amount"], transfer["payees"][0]["user_id"]
    )


def _tell(
    event: dict[str, Any], user_id: str | None, kind: Kind, amount: int, counterparty: str | None
) -> Iterator[Notification]:
    if user_id is None:
        return
    transfer = event["transfer"]
    seen = Transfer(transfer["id"], transfer["type"], amount, transfer["currency"], counterparty, transfer["reason"])
    occurred_at = datetime.fromisoformat(event["occurred_at"])
    yield Notification(event["event_id"], user_id, INBOX, kind, event["position"], occurred_at, transfer=seen)
