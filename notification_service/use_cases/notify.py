"""Events of the ledger -> notifications: the consumer's handler."""

from __future__ import annotations

from collections.abc import Sequence

from notification_service.domain import notifications_of
from notification_service.use_cases.fresh import Fresh
from notification_service.use_cases.tell import Tell, Told
from notification_service.use_cases.watch import WatchPayments
from service_kit.clock import Clock
from service_kit.kafka import Message


class Notify:
    """Tells everybody whom an event of the ledger concerns, and payers what the rules find."""

    def __init__(self, tell: Tell, watch: WatchPayments, fresh: Fresh, clock: Clock) -> None:
        self._tell = tell
        self._watch = watch
        self._fresh = fresh
        self._clock = clock

    def handle(self, messages: Sequence[Message]) -> None:
        """The effect of the whole batch, as `Tell.tell` has it. Raises PyMongoError."""
        consumed_at = self._clock.now()
        recent = self._fresh.of(messages)
        told: list[Told] = [
            (each, message.traceparent) for message in recent for each in notifications_of(message.event)
        ]
        # Whoever a rule is about is told of the event, too.
        preferences = self._tell.preferences_of({notification.user_id for notification, _ in told})
        seen = self._watch.look(recent, preferences)
        self._tell.tell([*told, *seen.told], consumed_at, preferences)
        self._watch.remember(seen)
