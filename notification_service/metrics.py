"""Every metric of the service, named and described once. Label sets are small and exist from the start."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from contracts.notices import Kind
from notification_service.domain import OUTWARD, Channel, DeliveryState, Notification, Outcome
from notification_service.domain.endpoint import Disabled
from notification_service.ports import Backlog
from notification_service.stream import Ended
from service_kit.tracing import is_sampled

NOTIFIED_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
"""Seconds; 5 is the promise, so it must be an edge."""
DELIVERED_BUCKETS = (0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1_800.0, 7_200.0, 86_400.0)
ATTEMPT_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

PROCESS_FULL, PERSON_FULL = "process", "person"
"""Who has as many streams as they may."""


class TellingMetrics:
    """What a consumer says: what became a notification, and how long after its event."""

    def __init__(self, registry: CollectorRegistry, kinds: Collection[Kind]) -> None:
        """`kinds`: those that this process tells."""
        self._created = Counter("notification_created", "Notifications stored", ["kind", "channel"], registry=registry)
        self._suppressed = Counter(
            "notification_suppressed_duplicates",
            "Notifications, and deliveries, that an earlier handling of the same event had stored",
            ["channel"],
            registry=registry,
        )
        self._ordered = Counter(
            "notification_deliveries_ordered", "Deliveries ordered, by way out", ["channel"], registry=registry
        )
        self._silent = Counter(
            "notification_silent", "Notifications stored that their person doesn't want in the inbox", registry=registry
        )
        self._skipped = Counter(
            "notification_skipped_too_old", "Events passed by, being older than the retention", registry=registry
        )
        self._delay = Histogram(
            "notification_commit_to_notified_seconds",
            "From the ledger's decision to the notification being durable",
            buckets=NOTIFIED_BUCKETS,
            registry=registry,
        )
        for kind in kinds:
            self._created.labels(kind, Channel.INBOX)
        for channel in Channel:
            self._suppressed.labels(channel)
            if channel is not Channel.INBOX:
                self._ordered.labels(channel)

    def notified(self, notification: Notification, seconds: float, traceparent: str | None) -> None:
        """One was stored, `seconds` after its event; the trace is named where it is kept.

        What is promised is the time from the ledger, so only the ledger's own events are measured.
        """
        self._created.labels(notification.kind, notification.channel).inc()
        if notification.silent:
            self._silent.inc()
        if notification.position is None:
            return
        self._delay.observe(max(0.0, seconds), _exemplar(traceparent))

    def suppressed(self, notification: Notification) -> None:
        """One, or its delivery, was there already."""
        self._suppressed.labels(notification.channel).inc()

    def ordered(self, notification: Notification) -> None:
        """It goes out by its channel, too."""
        self._ordered.labels(notification.channel).inc()

    def skipped(self, events: int) -> None:
        """So many events were too old."""
        self._skipped.inc(events)


class DeliveryMetrics:
    """What the deliverer says: attempts and what came of them, and what waits."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._attempts = Counter(
            "notification_delivery_attempts",
            "Attempts to deliver, by what came of them: delivered; away or delayed, to be tried again; refused and "
            "broken, for good; unwanted, as there is nobody to deliver to any more",
            ["channel", "outcome"],
            registry=registry,
        )
        self._seconds = Histogram(
            "notification_delivery_attempt_duration_seconds",
            "From the beginning of an attempt to its outcome",
            ["channel"],
            buckets=ATTEMPT_BUCKETS,
            registry=registry,
        )
        self._finished = Counter(
            "notification_deliveries_finished",
            "Deliveries that are over: delivered, dead or cancelled",
            ["channel", "state"],
            registry=registry,
        )
        self._delay = Histogram(
            "notification_commit_to_delivered_seconds",
            "From the event to the answer of who took the delivery",
            ["channel"],
            buckets=DELIVERED_BUCKETS,
            registry=registry,
        )
        self._pending = _by_channel("notification_deliveries_pending", "Deliveries that wait, or are at work", registry)
        self._dead = _by_channel("notification_deliveries_dead", "Deliveries that are dead and kept", registry)
        self._oldest = _by_channel(
            "notification_deliveries_oldest_age_seconds", "How long the oldest that waits has waited", registry
        )
        self._overdue = _by_channel(
            "notification_deliveries_overdue_seconds",
            "For how long something due has waited for its attempt; of webhooks, to one that is well",
            registry,
        )
        self._at_work = Gauge("notification_deliveries_at_work", "Attempts at work in this process", registry=registry)
        self._breakers = Gauge(
            "notification_delivery_breakers_open", "Targets that this process leaves alone for now", registry=registry
        )
        for channel in OUTWARD:
            self._seconds.labels(channel)
            self._delay.labels(channel)
            for outcome in Outcome:
                if outcome is not Outcome.UNKNOWN:
                    self._attempts.labels(channel, outcome)
            for state in DeliveryState:
                if state is not DeliveryState.PENDING:
                    self._finished.labels(channel, state)

    def attempted(self, channel: Channel, outcome: Outcome, seconds: float) -> None:
        """One attempt is over."""
        self._attempts.labels(channel, outcome).inc()
        self._seconds.labels(channel).observe(seconds)

    def finished(self, channel: Channel, state: DeliveryState, count: int = 1) -> None:
        """So many deliveries are over."""
        self._finished.labels(channel, state).inc(count)

    def delivered(self, channel: Channel, seconds: float, traceparent: str | None) -> None:
        """`seconds` after its event; the trace is named where it is kept."""
        self._delay.labels(channel).observe(max(0.0, seconds), _exemplar(traceparent))

    def waiting(self, backlog: Backlog, overdue: Mapping[str, float], now: datetime) -> None:
        """What waits now; `overdue` is seconds by channel, where something is due."""
        for channel in OUTWARD:
            self._pending.labels(channel).set(backlog.pending.get(channel, 0))
            self._dead.labels(channel).set(backlog.dead.get(channel, 0))
            since = backlog.oldest.get(channel, now)
            self._oldest.labels(channel).set(max(0.0, (now - since).total_seconds()))
            self._overdue.labels(channel).set(overdue.get(channel, 0.0))

    def working(self, at_work: int, breakers: int) -> None:
        """What this process is at."""
        self._at_work.set(at_work)
        self._breakers.set(breakers)


class WebhookMetrics:
    """What the deliverer says of webhooks alone."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._disabled = Counter(
            "notification_webhooks_disabled",
            "Webhooks that were disabled since their receiver was gone, or every attempt of days failed",
            ["cause"],
            registry=registry,
        )
        for cause in (Disabled.GONE, Disabled.FAILING):
            self._disabled.labels(cause)

    def disabled(self, cause: Disabled) -> None:
        """Nothing is sent to one more."""
        self._disabled.labels(cause).inc()


class ViewMetrics:
    """What API, page and stream say of what they show."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._without_words = Counter(
            "notification_without_words",
            "Notifications shown without words of their own: a kind or a reason that this release doesn't know",
            registry=registry,
        )

    def without_words(self) -> None:
        """One was told plainly."""
        self._without_words.inc()


class LiveMetrics:
    """What the live process says of its streams."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.streams = Gauge("notification_live_streams", "Streams open in this process", registry=registry)
        self._sent = Counter("notification_live_sent", "Notifications sent on streams", registry=registry)
        self._delay = Histogram(
            "notification_commit_to_stream_seconds",
            "From an event to its notification being written on a stream of who listens; what a stream catches up with "
            "when it begins is not in it",
            buckets=NOTIFIED_BUCKETS,
            registry=registry,
        )
        self._refused = Counter(
            "notification_live_refused",
            "Streams refused, by who has enough of them: the process, or the person",
            ["reason"],
            registry=registry,
        )
        self._ended = Counter(
            "notification_live_ended",
            "Streams that are over, by reason; who is too slow had let a chunk wait until the connection was dropped",
            ["reason"],
            registry=registry,
        )
        for reason in Ended:
            self._ended.labels(reason)
        for full in (PROCESS_FULL, PERSON_FULL):
            self._refused.labels(full)

    def sent(self, notifications: int, seconds: Iterable[float]) -> None:
        """So many were sent; `seconds` after their events, of those that the stream was open for."""
        self._sent.inc(notifications)
        for each in seconds:
            self._delay.observe(max(0.0, each))

    def refused(self, reason: str) -> None:
        """A stream was refused: PROCESS_FULL, PERSON_FULL."""
        self._refused.labels(reason).inc()

    def ended(self, reason: Ended) -> None:
        """One stream is over."""
        self._ended.labels(reason).inc()


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


def _by_channel(name: str, says: str, registry: CollectorRegistry) -> Gauge:
    gauge = Gauge(name, says, ["channel"], registry=registry)
    for channel in OUTWARD:
        gauge.labels(channel)
    return gauge


def _exemplar(traceparent: str | None) -> dict[str, str] | None:
    return {"trace_id": traceparent.split("-")[1]} if traceparent and is_sampled(traceparent) else None
