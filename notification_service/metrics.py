"""Every metric of the service, named and described once. Label sets are small and exist from the start."""

from __future__ import annotations

from collections.abc import Collection

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from contracts.notices import Kind
from notification_service.domain import Channel, Notification
from service_kit.tracing import is_sampled

NOTIFIED_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
"""Seconds; 5 is the promise, so it must be an edge."""


class TellingMetrics:
    """What a consumer says: what became a notification, and how long after its event."""

    def __init__(self, registry: CollectorRegistry, kinds: Collection[Kind]) -> None:
        """`kinds`: those that this process tells."""
        self._created = Counter("notification_created", "Notifications stored", ["kind", "channel"], registry=registry)
        self._suppressed = Counter(
            "notification_suppressed_duplicates",
            "Notifications that an earlier delivery of the same event had stored",
            ["channel"],
            registry=registry,
        )
        self._delay = Histogram(
            "notification_commit_to_notified_seconds",
            "From the ledger's decision to the notification being durable",
            buckets=NOTIFIED_BUCKETS,
            registry=registry,
        )
        for kind in kinds:
            self._created.labels(kind, Channel.INBOX)
        self._suppressed.labels(Channel.INBOX)

    def notified(self, notification: Notification, seconds: float, traceparent: str | None) -> None:
        """One was stored, `seconds` after its event; the trace is named where it is kept.

        What is promised is the time from the ledger, so only the ledger's own events are measured.
        """
        self._created.labels(notification.kind, notification.channel).inc()
        if notification.position is None:
            return
        exemplar = {"trace_id": traceparent.split("-")[1]} if traceparent and is_sampled(traceparent) else None
        self._delay.observe(max(0.0, seconds), exemplar)

    def suppressed(self, notification: Notification) -> None:
        """One was there already."""
        self._suppressed.labels(notification.channel).inc()


class LiveMetrics:
    """What the live process says of its streams."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.streams = Gauge("notification_live_streams", "Streams open in this process", registry=registry)
        self.sent = Counter("notification_live_sent", "Notifications sent on streams", registry=registry)
        self.refused = Counter(
            "notification_live_refused",
            "Streams refused: the process or the person has enough",
            registry=registry,
        )


class WebMetrics:
    """What the web process says beside its requests."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._alerts = Counter(
            "notification_operator_alerts",
            "States of alerts put into the operators' inboxes, repetitions not counted",
            ["status"],
            registry=registry,
        )
        for status in ("firing", "resolved"):
            self._alerts.labels(status)

    def alerted(self, status: str) -> None:
        """An alert began (firing) or ended (resolved)."""
        self._alerts.labels(status).inc()
