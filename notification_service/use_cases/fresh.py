"""Events whose effect would be older than what is kept: they are passed by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from notification_service.metrics import TellingMetrics
from service_kit.clock import Clock
from service_kit.kafka import Message


class Fresh:
    """Passes by what happened longer ago than the retention, by the event's own time.

    What was told of it is gone, so nothing but this keeps a topic that is read again from telling it again. And what is
    passed by is told by nobody: so two clocks have to agree that it is old, this machine's and the database's, which
    is asked only when something seems to be. One that is set wrong makes no event disappear.
    """

    def __init__(
        self,
        retention: timedelta,
        metrics: TellingMetrics,
        clock: Clock,
        database_now: Callable[[], datetime],
    ) -> None:
        """`database_now` raises PyMongoError."""
        self._retention = retention
        self._metrics = metrics
        self._clock = clock
        self._database_now = database_now

    def of(self, messages: Sequence[Message]) -> list[Message]:
        """Those whose events are recent enough; the others are counted. Raises PyMongoError."""
        times = [datetime.fromisoformat(each.event["occurred_at"]) for each in messages]
        now = self._clock.now()
        if all(at >= now - self._retention for at in times):
            return list(messages)
        since = min(now, self._database_now()) - self._retention
        kept = [each for each, at in zip(messages, times, strict=True) if at >= since]
        self._metrics.skipped(len(messages) - len(kept))
        return kept
