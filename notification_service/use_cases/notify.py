"""Events of the ledger -> notifications: the consumer's handler."""

from __future__ import annotations

from collections.abc import Sequence

from notification_service.domain import notifications_of
from notification_service.use_cases.tell import Tell
from service_kit.clock import Clock
from service_kit.kafka import Message


class Notify:
    """Tells everybody whom an event of the ledger concerns."""

    def __init__(self, tell: Tell, clock: Clock) -> None:
        self._tell = tell
        self._clock = clock

    def handle(self, messages: Sequence[Message]) -> None:
        """The effect of the whole batch, as `Tell.tell` has it. Raises PyMongoError."""
        consumed_at = self._clock.now()
        told = [(each, message.traceparent) for message in messages for each in notifications_of(message.event)]
        self._tell.tell(told, consumed_at)
