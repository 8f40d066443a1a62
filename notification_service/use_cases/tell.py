"""What is to be told reaches each inbox once: what both consumers do with what they made of their events."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from notification_service.domain import Notification
from notification_service.metrics import TellingMetrics
from notification_service.ports import Hints, Notifications
from service_kit.clock import Clock

Told = tuple[Notification, str | None]
"""A notification for the inbox, and the trace context of the event that it comes from."""


class Tell:
    """Stores a batch in one write, and hints at it."""

    def __init__(self, store: Notifications, hints: Hints, metrics: TellingMetrics, clock: Clock) -> None:
        self._store = store
        self._hints = hints
        self._metrics = metrics
        self._clock = clock

    def tell(self, told: Sequence[Told], consumed_at: datetime) -> None:
        """The effect of the whole batch. What was here before changes nothing and is counted; the hint is given all
        the same, since the one that was here may have died before its own. Raises PyMongoError."""
        if not told:
            return
        notifications = [notification for notification, _ in told]
        created = self._store.add(notifications, consumed_at, self._clock.now())
        self._count(told, created)
        self._hints.tell({notification.user_id for notification in notifications})

    def _count(self, told: Sequence[Told], created: Sequence[bool]) -> None:
        now = self._clock.now()
        for (notification, traceparent), is_new in zip(told, created, strict=True):
            if is_new:
                self._metrics.notified(notification, (now - notification.occurred_at).total_seconds(), traceparent)
            else:
                self._metrics.suppressed(notification)
