"""Alertmanager -> the operators' inboxes."""

from __future__ import annotations

from collections.abc import Sequence

from notification_service.domain import ADMIN, Alert, alert_notifications
from notification_service.metrics import WebMetrics
from notification_service.ports import Hints, Notifications, People
from service_kit.clock import Clock


class NoOperator(Exception):
    """Nobody is known who could be told: Alertmanager has to keep the alert and send it again."""


class RaiseAlerts:
    """Tells every admin of each alert, once for each of its states."""

    def __init__(self, store: Notifications, people: People, hints: Hints, metrics: WebMetrics, clock: Clock) -> None:
        self._store = store
        self._people = people
        self._hints = hints
        self._metrics = metrics
        self._clock = clock

    def raise_all(self, alerts: Sequence[Alert]) -> None:
        """Durable on return; what Alertmanager repeats changes nothing. Raises NoOperator, PyMongoError."""
        if not alerts:
            return
        admins = self._people.with_role(ADMIN)
        if not admins:
            raise NoOperator
        now = self._clock.now()
        told = [(each, alert) for alert in alerts for each in alert_notifications(alert, admins)]
        created = self._store.add([notification for notification, _ in told], now, now)
        new = {alert.event_id: alert.status for (_, alert), is_new in zip(told, created, strict=True) if is_new}
        for status in new.values():
            self._metrics.alerted(status)
        self._hints.tell(admins)
