"""What is written beside a change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from auth_service.domain import Act, MailOrder


@dataclass(frozen=True)
class OutgoingEvent:
    """A fact on its way to Kafka: written with what it tells of, published by the relay."""

    id: str
    topic: str
    key: str
    data: dict[str, Any]
    traceparent: str | None


@dataclass(frozen=True)
class Told:
    """What is written beside a change, in its transaction: its entry in the audit log, its event, its letters."""

    act: Act
    event: OutgoingEvent | None = None
    orders: tuple[MailOrder, ...] = ()
