"""Events whose effect would be older than what is kept: they are passed by."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from notification_service.metrics import TellingMetrics
from service_kit.clock import Clock
from service_kit.kafka import Message


class Fresh:
    """Passes by what happened longer ago than the retention, by the event's own time.

    What was told of it is gone, so nothing but this keeps a topic that is read again from telling it again.
    """

    def __init__(self, retention: timedelta, metrics: TellingMetrics, clock: Clock) -> None:
        self._retention = retention
        self._metrics = metrics
        self._clock = clock

    def of(self, messages: Sequence[Message]) -> list[Message]:
        """Those whose events are recent enough; the others are counted."""
        since = self._clock.now() - self._retention
        kept = [each for each in messages if datetime.fromisoformat(each.event["occurred_at"]) >= since]
        self._metrics.skipped(len(messages) - len(kept))
        return kept
