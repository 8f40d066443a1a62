"""Whole topics, read once from one offset to another, by nobody's group: for operators' commands."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaTimeoutError

from service_kit.kafka.connections import require_answer, servers
from service_kit.kafka.records import Message

SILENCE_SECONDS = 15.0
"""Before its end a topic that gives nothing for so long is taken for one that can't be read."""


class Reader:
    """Reads; one thread's. Every method raises KafkaError."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def partitions(self, topic: str) -> list[int]:
        """Those of a topic; none where it does not exist."""
        return sorted(self._client.partitions_for_topic(topic) or ())

    def read(self, topic: str, partition: int, first: int = 0) -> Iterator[Message]:
        """What a partition holds from the offset `first` on, up to its end of now."""
        place = TopicPartition(topic, partition)
        begin, end = self._client.beginning_offsets([place])[place], self._client.end_offsets([place])[place]
        offset = max(first, begin)
        if offset >= end:
            return
        self._client.assign([place])
        self._client.seek(place, offset)
        heard_at = time.monotonic()
        # By the position, not by what comes: the last records of a compacted topic may be gone.
        while self._client.position(place) < end:
            for record in self._client.poll(timeout_ms=500).get(place, ()):
                heard_at = time.monotonic()
                if record.offset < end:
                    yield _message(record)
            if time.monotonic() - heard_at > SILENCE_SECONDS:
                raise KafkaTimeoutError(
                    f"{topic}/{partition} ends at {end}, and gave nothing for {SILENCE_SECONDS:g} s"
                )


@contextmanager
def reader(bootstrap: str, client_id: str) -> Iterator[Reader]:
    """A reader on the brokers at `bootstrap`. Raises KafkaMisconfigured and KafkaError."""
    addresses = servers(bootstrap)
    require_answer(addresses)
    client = KafkaConsumer(
        bootstrap_servers=addresses,
        client_id=client_id,
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        metrics_enabled=False,
    )
    try:
        yield Reader(client)
    finally:
        client.close(autocommit=False)


def _message(record: Any) -> Message:
    return Message(
        record.topic,
        record.partition,
        record.offset,
        record.timestamp,
        record.key,
        record.value,
        tuple(record.headers),
    )
