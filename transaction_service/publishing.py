"""From the journal's record to the topic's: what the relay and `republish` both do."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any, Protocol

from opentelemetry.trace import SpanKind

from contracts.events import EventAttributes
from contracts.moments import rfc3339
from service_kit import tracing
from service_kit.kafka import Producer, Record

Records = list[dict[str, Any]]

BATCH_MAX = 500
SOURCE = "transaction_service"


class Journal(Protocol):
    """What is read."""

    def to_publish(self, after: int, limit: int) -> Records: ...


class GapError(RuntimeError):
    """The journal lacks a position: publishing on would hide it."""


def assert_gapless(after: int, records: Sequence[dict[str, Any]]) -> None:
    """Raises GapError unless the records are those of the positions that follow `after`."""
    for expected, record in enumerate(records, after + 1):
        if record["_id"] != expected:
            raise GapError(f"the journal has no position {expected}: after it comes {record['_id']}")


def next_batch(journal: Journal, after: int, last: int) -> Records:
    """The records that follow `after`, up to and with `last`: BATCH_MAX of them at most, and one at least.

    Raises:
        GapError: the journal lacks one.
    """
    records = journal.to_publish(after, min(BATCH_MAX, last - after))
    assert_gapless(after, records)
    if not records:
        raise GapError(f"the journal has no position {after + 1}")
    return records


def publish(producer: Producer, topic: str, records: Sequence[dict[str, Any]], *, again: bool = False) -> None:
    """Put the records on the topic, in order, and return when all are acknowledged; raises PublishFailed.

    `again` marks them as repeated on purpose: a consumer knows them by their ids, and whoever counts by the mark.
    """
    with ExitStack() as spans:
        producer.send_all([_message(topic, record, spans, again) for record in records])


def _message(topic: str, record: dict[str, Any], spans: ExitStack, again: bool) -> Record:
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
        headers=attributes_of.headers(traceparent, republished=again),
    )
