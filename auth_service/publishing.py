"""The outbox's way to Kafka: published in order, then removed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import structlog
from opentelemetry.trace import SpanKind
from pymongo.errors import PyMongoError

from auth_service.metrics import RelayMetrics
from auth_service.ports import OutgoingEvent
from contracts.codec import codec_for
from contracts.events import EventAttributes
from service_kit.clock import Clock
from service_kit.kafka import PublishFailed, Record
from service_kit.outage_log import OutageLog
from service_kit.process import Progress, StopSignal
from service_kit.tracing import current_traceparent, span

BATCH = 500
POLL_SECONDS = 0.05
TROUBLE_SECONDS = 1.0
GAUGES_SECONDS = 2.0
SOURCE = "auth_service"
_log = structlog.get_logger(__name__)


class Outbox(Protocol):
    """`storage.MongoOutbox`, or a fake."""

    def waiting(self, limit: int) -> list[OutgoingEvent]: ...

    def remove(self, event_ids: list[str]) -> None: ...


@dataclass(frozen=True)
class Relay:
    """Publishes what waits, then removes it. A kill between the two makes an event come twice; none is ever lost.

    Args:
        publish: sends records and returns when all are acknowledged; raises PublishFailed.
        measure: refreshes the gauges; raises PyMongoError.
    """

    outbox: Outbox
    publish: Callable[[list[Record]], None]
    metrics: RelayMetrics
    progress: Progress
    clock: Clock
    measure: Callable[[], None]

    def run(self, stop: StopSignal) -> None:
        """Until `stop`: a round every POLL_SECONDS; at once after a full batch, later while something is away.

        The gauges come first: with Kafka away no round gets any further, and it is then that they are looked at.
        """
        outage = OutageLog(_log, "relay_waits", "relay_goes_on")
        measured_at = float("-inf")
        while not stop.is_set():
            self.progress.beat()
            try:
                if self.clock.monotonic() - measured_at > GAUGES_SECONDS:
                    self.measure()
                    measured_at = self.clock.monotonic()
                published = self.publish_waiting()
            except (PublishFailed, PyMongoError) as error:
                outage.failed(error)
                stop.wait(TROUBLE_SECONDS)
            else:
                outage.succeeded()
                stop.wait(0.0 if published == BATCH else POLL_SECONDS)

    def publish_waiting(self) -> int:
        """One round; return how many events were published."""
        events = self.outbox.waiting(BATCH)
        if not events:
            return 0
        with self.metrics.publish_seconds.time():
            try:
                self.publish([record_of(event) for event in events])
            except PublishFailed:
                self.metrics.publish_failures.inc()
                raise
            self.outbox.remove([event.id for event in events])
        self.metrics.published.inc(len(events))
        return len(events)


def record_of(event: OutgoingEvent) -> Record:
    """The event as its topic has it, in the trace of the request that caused it."""
    attributes = EventAttributes(event.id, event.data["type"], SOURCE, event.data["occurred_at"])
    with span(f"publish {event.topic}", {"event.id": event.id}, parent=event.traceparent, kind=SpanKind.PRODUCER):
        headers = attributes.headers(current_traceparent())
    return Record(event.topic, event.key.encode(), codec_for(event.topic).encode(event.data), headers)
