"""What the relay put on the topic since a moment: how often each position, and how long the latest had waited."""

import time
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from kafka import KafkaConsumer, TopicPartition

from contracts import topics

READ_SECONDS = 60


@dataclass(frozen=True)
class Published:
    """`longest_delay_seconds`: from a record's decision to its sending, of the one that had waited longest."""

    times: Counter[int]
    longest_delay_seconds: float

    @property
    def doubled(self) -> int:
        """Records beyond each position's first."""
        return sum(times - 1 for times in self.times.values())


def published_since(bootstrap_servers: str, since: float) -> Published:
    """Read the topic from `since` (seconds since the epoch) to its present end; RuntimeError when it takes too long."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap_servers, group_id=None, enable_auto_commit=False)
    try:
        return _read(consumer, int(since * 1000))
    finally:
        consumer.close()


def _read(consumer: KafkaConsumer, since_ms: int) -> Published:
    partitions = [TopicPartition(topics.TRANSACTIONS, p) for p in consumer.partitions_for_topic(topics.TRANSACTIONS)]
    consumer.assign(partitions)
    ends = consumer.end_offsets(partitions)
    for partition, found in consumer.offsets_for_times(dict.fromkeys(partitions, since_ms)).items():
        consumer.seek(partition, found.offset if found else ends[partition])
    times: Counter[int] = Counter()
    longest = 0.0
    deadline = time.monotonic() + READ_SECONDS
    while any(consumer.position(partition) < ends[partition] for partition in partitions):
        if time.monotonic() > deadline:
            raise RuntimeError(f"{topics.TRANSACTIONS} could not be read to its end in {READ_SECONDS} s")
        for records in consumer.poll(timeout_ms=500, max_records=5000).values():
            times.update(orjson.loads(record.value)["position"] for record in records)
            longest = max(longest, *map(_delay_seconds, records))
    return Published(times, round(longest, 2))


def _delay_seconds(record: Any) -> float:
    decided = datetime.fromisoformat(dict(record.headers)["ce_time"].decode())
    return record.timestamp / 1000 - decided.timestamp()
