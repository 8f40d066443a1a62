"""What is to be told reaches each inbox once, and goes out once by every other way that its person wants: what both
consumers do with what they made of their events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from notification_service.domain import Delivery, Notification, Preferences
from notification_service.metrics import TellingMetrics
from notification_service.ports import Deliveries, Hints, ManyPreferences, Notifications
from notification_service.use_cases.choose import Choose
from service_kit.clock import Clock

Told = tuple[Notification, str | None]
"""A notification for the inbox, and the trace context of the event that it comes from."""


class Tell:
    """Stores a batch in one write, orders its deliveries in another, and hints at it.

    The stored notification says by which ways it goes out. So a process that was killed between the two writes, or an
    event that is repeated after its person has chosen otherwise, orders what was decided first, and nothing else.
    """

    def __init__(
        self,
        store: Notifications,
        deliveries: Deliveries,
        preferences: ManyPreferences,
        choose: Choose,
        hints: Hints,
        metrics: TellingMetrics,
        clock: Clock,
    ) -> None:
        self._store = store
        self._deliveries = deliveries
        self._preferences = preferences
        self._choose = choose
        self._hints = hints
        self._metrics = metrics
        self._clock = clock

    def preferences_of(self, user_ids: Iterable[str]) -> dict[str, Preferences]:
        """Those of the people who have chosen anything. Raises PyMongoError."""
        return self._preferences.of(user_ids)

    def tell(
        self, told: Sequence[Told], consumed_at: datetime, preferences: Mapping[str, Preferences] | None = None
    ) -> list[Told]:
        """The effect of the whole batch; returns each as it was decided when it was first told.

        What was here before changes nothing and is counted; the hint is given all the same, since the one that was
        here may have died before its own. Raises PyMongoError.

        `preferences`: of those of these people who have any, where the caller has asked for them already.
        """
        if not told:
            return []
        if preferences is None:
            preferences = self.preferences_of({notification.user_id for notification, _ in told})
        traces = [traceparent for _, traceparent in told]
        notifications = self._choose.choose([notification for notification, _ in told], preferences)
        created = self._store.add(notifications, consumed_at, self._clock.now())
        decided = self._as_decided(notifications, created)
        self._order(decided, traces)
        self._count(decided, traces, created)
        self._hints.tell({each.user_id for each in decided if not each.silent})
        return list(zip(decided, traces, strict=True))

    def _as_decided(self, notifications: Sequence[Notification], created: Sequence[bool]) -> list[Notification]:
        """As they are stored: of those that were there already, what was decided then."""
        repeated = [each.id for each, is_new in zip(notifications, created, strict=True) if not is_new]
        if not repeated:
            return list(notifications)
        decided = self._store.decided(repeated)
        return [
            replace(each, ways=decided[each.id].ways, found=decided[each.id].found) if each.id in decided else each
            for each in notifications
        ]

    def _order(self, decided: Sequence[Notification], traces: Sequence[str | None]) -> None:
        orders = [
            Delivery.by(lane, each, traceparent)
            for each, traceparent in zip(decided, traces, strict=True)
            for lane in each.ways
            if self._choose.goes_out(each)
        ]
        ordered = self._deliveries.add(orders, self._clock.now()) if orders else []
        for delivery, is_new in zip(orders, ordered, strict=True):
            if is_new:
                self._metrics.ordered(delivery.notification)
            else:
                self._metrics.suppressed(delivery.notification)

    def _count(self, decided: Sequence[Notification], traces: Sequence[str | None], created: Sequence[bool]) -> None:
        now = self._clock.now()
        for each, traceparent, is_new in zip(decided, traces, created, strict=True):
            if is_new:
                self._metrics.notified(each, (now - each.occurred_at).total_seconds(), traceparent)
            else:
                self._metrics.suppressed(each)
