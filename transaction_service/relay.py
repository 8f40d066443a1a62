"""Journal -> topic `transactions`: a cursor over positions, nothing marked and nothing pruned.

Run as `python -m transaction_service.relay`. A batch is published and acknowledged, then the cursor moves. After a
crash between the two, the records that are already there are found at the topic's tail and not sent again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any, Protocol

import structlog
from opentelemetry.trace import SpanKind
from pymongo.errors import PyMongoError

from contracts import topics
from contracts.events import EventAttributes
from service_kit import tracing
from service_kit.kafka import Producer, PublishFailed, Record
from service_kit.process import Progress, StopSignal
from transaction_service.domain.journal import rfc3339
from transaction_service.metrics import RelayMetrics

log = structlog.get_logger(__name__)

BATCH_MAX = 500
IDLE_SECONDS = 0.05
PACE_SECONDS = 0.1
"""Under load a batch begins at most this often: each costs a flush and a durable cursor, however small it is."""
AWAY_SECONDS = 1.0
SOURCE = "transaction_service"


class Journal(Protocol):
    """What the relay reads."""

    def to_publish(self, after: int, limit: int) -> list[dict[str, Any]]: ...

    def head(self) -> int: ...


class Cursor(Protocol):
    """What the relay moves."""

    def position(self) -> int: ...

    def move(self, before: int, after: int) -> bool: ...


class GapError(RuntimeError):
    """The journal lacks a position: publishing on would hide it."""


class Relay:
    """Publishes the journal in order."""

    def __init__(
        self,
        journal: Journal,
        cursor: Cursor,
        producer: Producer,
        published_after: Callable[[int], set[int]],
        metrics: RelayMetrics,
        progress: Progress,
        topic: str = topics.TRANSACTIONS,
    ) -> None:
        self._journal = journal
        self._cursor = cursor
        self._producer = producer
        self._published_after = published_after
        self._metrics = metrics
        self._progress = progress
        self._topic = topic
        self._trouble: str | None = "starting"

    def run(self, stop: StopSignal) -> None:
        """Publish until told to stop. A store or a broker that is away is waited for, and said once."""
        while not stop.is_set():
            try:
                self._follow(stop)
            except (PyMongoError, PublishFailed) as error:
                if self._trouble is None or self._trouble == "starting":
                    log.error("relay_waits", error=str(error))
                self._trouble = str(error)
                self._measure_anyway()
                self._progress.beat()
                stop.wait(AWAY_SECONDS)

    def check(self) -> None:
        """A ready check: raises with the reason while nothing can be published."""
        if self._trouble is not None:
            raise RuntimeError(self._trouble)

    def _follow(self, stop: StopSignal) -> None:
        cursor = self._cursor.position()
        there_already = self._published_after(cursor)
        log.info("relay_follows", cursor=cursor, found_on_topic=len(there_already))
        self._trouble = None
        while not stop.is_set():
            self._progress.beat()
            began = time.monotonic()
            records = self._journal.to_publish(cursor, BATCH_MAX)
            self._measure(cursor, records)
            if not records:
                stop.wait(IDLE_SECONDS)
                continue
            _assert_gapless(cursor, records)
            self._publish([record for record in records if record["_id"] not in there_already])
            last = records[-1]["_id"]
            if not self._cursor.move(cursor, last):
                log.warning("cursor_was_moved", position=cursor)
                return
            cursor = last
            if len(records) < BATCH_MAX:
                stop.wait(max(0.0, began + PACE_SECONDS - time.monotonic()))

    def _measure_anyway(self) -> None:
        """While nothing can be published the distance grows, and that is when it matters."""
        try:
            cursor = self._cursor.position()
            self._measure(cursor, self._journal.to_publish(cursor, BATCH_MAX))
        except PyMongoError as error:
            # Then /readyz says so, and the gauges keep what was last known.
            log.debug("relay_lag_unknown", error=type(error).__name__)

    def _measure(self, cursor: int, records: Sequence[dict[str, Any]]) -> None:
        full = len(records) == BATCH_MAX
        head = self._journal.head() if full else cursor + len(records)
        oldest = (datetime.now(UTC) - records[0]["at"]).total_seconds() if records else 0.0
        self._metrics.stands(cursor, head, oldest)

    def _publish(self, records: Sequence[dict[str, Any]]) -> None:
        if not records:
            return
        started = time.monotonic()
        with ExitStack() as spans:
            self._producer.send_all([_message(self._topic, record, spans) for record in records])
        self._metrics.publish.observe(time.monotonic() - started)
        self._metrics.batch_size.observe(len(records))
        now = datetime.now(UTC)
        for record in records:
            self._metrics.commit_to_published.observe((now - record["at"]).total_seconds())


def _assert_gapless(cursor: int, records: Sequence[dict[str, Any]]) -> None:
    for expected, record in enumerate(records, cursor + 1):
        if record["_id"] != expected:
            raise GapError(f"the journal has no position {expected}: after it comes {record['_id']}")


def _message(topic: str, record: dict[str, Any], spans: ExitStack) -> Record:
    traceparent = record["traceparent"]
    if tracing.is_sampled(traceparent):
        attributes = {"messaging.destination.name": topic, "ledger.position": record["_id"]}
        spans.enter_context(
            tracing.span("transactions publish", attributes, parent=traceparent, kind=SpanKind.PRODUCER)
        )
        traceparent = tracing.current_traceparent()
    attributes_of = EventAttributes(
        id=record["command_id"], type=record["event_type"], source=SOURCE, time=rfc3339(record["at"])
    )
    return Record(
        topic=topic,
        key=record["partition_key"].encode(),
        value=record["event"].encode(),
        headers=attributes_of.headers(traceparent),
    )


def main() -> int:
    """The process: see the module's docstring."""
    from transaction_service.wiring import run_relay

    return run_relay()


if __name__ == "__main__":
    raise SystemExit(main())
