"""Which positions the topic holds already: the relay asks at its start, so that a crash doubles nothing."""

from __future__ import annotations

from typing import Any

import orjson
import structlog
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from service_kit.kafka import PublishFailed
from service_kit.kafka.connections import require_answer, servers

CONNECT_SECONDS = 5.0
READ_SECONDS = 10.0

log = structlog.get_logger(__name__)


def positions_after(bootstrap: str, topic: str, cursor: int, depth: int) -> set[int]:
    """The positions above `cursor` among each partition's last `depth` records.

    `depth` must be at least the relay's batch: what a crash left between publishing and moving the cursor is one
    batch at most. Raises PublishFailed where the broker can't be read, since publishing blindly would double.
    """
    try:
        # A client of kafka-python that never reached a broker leaves its thread and its sockets behind.
        require_answer(servers(bootstrap))
        consumer = KafkaConsumer(
            bootstrap_servers=bootstrap,
            enable_auto_commit=False,
            client_id="transaction-relay-tail",
            group_id=None,
            bootstrap_timeout_ms=int(CONNECT_SECONDS * 1000),
        )
    except KafkaError as error:
        raise PublishFailed(f"the topic's tail can't be read: {error}", "timeout") from error
    try:
        return _read(consumer, topic, cursor, depth)
    except KafkaError as error:
        raise PublishFailed(f"the topic's tail can't be read: {error}", "timeout") from error
    finally:
        consumer.close()


def _read(consumer: KafkaConsumer, topic: str, cursor: int, depth: int) -> set[int]:
    partitions = [TopicPartition(topic, number) for number in sorted(consumer.partitions_for_topic(topic) or ())]
    if not partitions:
        raise PublishFailed(f"topic {topic} does not exist: run `python -m service_kit.topics` first", "refused")
    consumer.assign(partitions)
    starts, ends = consumer.beginning_offsets(partitions), consumer.end_offsets(partitions)
    for partition in partitions:
        consumer.seek(partition, max(starts[partition], ends[partition] - depth))
    found: set[int] = set()
    behind = {p for p in partitions if consumer.position(p) < ends[p]}
    while behind:
        polled = consumer.poll(timeout_ms=int(READ_SECONDS * 1000))
        if not polled:
            raise PublishFailed(f"topic {topic} gave nothing in {READ_SECONDS:g} s, though it has records", "timeout")
        for records in polled.values():
            found.update(position for position in map(_position, records) if position is not None)
        behind = {p for p in behind if consumer.position(p) < ends[p]}
    return {position for position in found if position > cursor}


def _position(record: Any) -> int | None:
    """The journal position that a record carries; None for a record that isn't ours, which is none of our business."""
    try:
        position = orjson.loads(record.value or b"")["position"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        position = None
    if type(position) is not int:
        log.warning("foreign_record", topic=record.topic, partition=record.partition, offset=record.offset)
        return None
    return position
