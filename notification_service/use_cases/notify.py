"""Events of the ledger -> notifications: the consumer's handler."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from notification_service.domain import notifications_of
from notification_service.domain.watching import notice, paying
from notification_service.use_cases.fresh import Fresh
from notification_service.use_cases.tell import Tell
from notification_service.use_cases.watch import WatchPayments
from service_kit.clock import Clock
from service_kit.kafka import Message


class Notify:
    """Tells everybody whom an event of the ledger concerns, and then payers what rules found in it.

    What was found is kept with the payer's notification of the event: whoever handles it again, after a kill or
    because it is repeated, makes the same notices, and no others.
    """

    def __init__(self, tell: Tell, watch: WatchPayments, fresh: Fresh, clock: Clock) -> None:
        self._tell = tell
        self._watch = watch
        self._fresh = fresh
        self._clock = clock

    def handle(self, messages: Sequence[Message]) -> None:
        """The effect of the whole batch, as `Tell.tell` has it. Raises PyMongoError."""
        consumed_at = self._clock.now()
        recent = self._fresh.of(messages)
        told = [(each, message.traceparent) for message in recent for each in notifications_of(message.event)]
        # Whoever a rule is about is told of the event, too.
        preferences = self._tell.preferences_of({each.user_id for each, _ in told})
        payers = {paid.event["event_id"]: paid for each in recent if (paid := paying(each.event)) is not None}
        found = self._watch.look(list(payers.values()), preferences)
        with_findings = [
            (replace(each, found=found[each.event_id, each.user_id]), traceparent)
            if found.get((each.event_id, each.user_id))
            else (each, traceparent)
            for each, traceparent in told
        ]
        decided = self._tell.tell(with_findings, consumed_at, preferences)
        notices = [(notice(payers[each.event_id], one), trace) for each, trace in decided for one in each.found]
        self._tell.tell(notices, consumed_at, preferences)
