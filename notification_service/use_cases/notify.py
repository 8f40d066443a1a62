"""Events of the ledger -> notifications: the consumer's handler."""

from __future__ import annotations

from collections.abc import Sequence

from notification_service.domain import notifications_of
from notification_service.metrics import ConsumerMetrics
from notification_service.ports import Hints, Notifications
from service_kit.clock import Clock
from service_kit.kafka import Message


class Notify:
    """Stores what a batch of events tells, in one write, and hints at it."""

    def __init__(self, store: Notifications, hints: Hints, metrics: ConsumerMetrics, clock: Clock) -> None:
        self._store = store
        self._hints = hints
        self._metrics = metrics
        self._clock = clock

    def handle(self, messages: Sequence[Message]) -> None:
        """The effect of the whole batch. Events that were here before change nothing and are counted; the hint is
        given all the same, since the one that was here may have died before its own. Raises PyMongoError."""
        consumed_at = self._clock.now()
        told = [(each, message) for message in messages for each in notifications_of(message.event)]
        if not told:
            return
        notifications = [notification for notification, _ in told]
        created = self._store.add(notifications, consumed_at, self._clock.now())
        now = self._clock.now()
        for (notification, message), is_new in zip(told, created, strict=True):
            if is_new:
                delay = (now - notification.occurred_at).total_seconds()
                self._metrics.notified(notification, delay, message.traceparent)
            else:
                self._metrics.suppressed(notification)
        self._hints.tell({notification.user_id for notification in notifications})
