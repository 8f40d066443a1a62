"""The topic `transactions` as anybody reads it who may connect to Kafka."""

import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

import orjson
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from bench.platform import GIVE_UP_SECONDS, PlatformAway
from contracts import topics
from contracts.events import is_republished


def positions_on_topic(bootstrap_servers: str) -> Counter[int]:
    """How often each journal position is on the topic; raises PlatformAway."""
    return Counter(position for positions in read_topic(bootstrap_servers).values() for position in positions)


def read_topic(bootstrap_servers: str) -> dict[int, list[int]]:
    """Read the whole topic from its start to its present end: the journal positions of each partition, in its order.

    One that somebody has republished counts no further, or as the first where the topic no longer keeps that.
    Raises PlatformAway when Kafka did not deliver it all within a minute.
    """
    try:
        consumer = KafkaConsumer(bootstrap_servers=bootstrap_servers, group_id=None, enable_auto_commit=False)
    except KafkaError as error:
        raise PlatformAway(f"Kafka at {bootstrap_servers}: {error}") from error
    try:
        return _read_to_the_end(consumer)
    except KafkaError as error:
        raise PlatformAway(f"topic {topics.TRANSACTIONS}: {error}") from error
    finally:
        consumer.close()


def _read_to_the_end(consumer: KafkaConsumer) -> dict[int, list[int]]:
    partitions = [TopicPartition(topics.TRANSACTIONS, p) for p in consumer.partitions_for_topic(topics.TRANSACTIONS)]
    consumer.assign(partitions)
    consumer.seek_to_beginning(*partitions)
    ends = consumer.end_offsets(partitions)
    seen: dict[int, list[int]] = defaultdict(list)
    known: set[int] = set()
    deadline = time.monotonic() + GIVE_UP_SECONDS
    while any(consumer.position(partition) < ends[partition] for partition in partitions):
        if time.monotonic() > deadline:
            raise PlatformAway(f"topic {topics.TRANSACTIONS} could not be read to its end")
        for partition, records in consumer.poll(timeout_ms=500, max_records=5000).items():
            _add(seen[partition.partition], known, records)
    return seen


def _add(seen: list[int], known: set[int], records: Sequence[Any]) -> None:
    """A republished record lies behind the first one, in the same partition."""
    for record in records:
        position = orjson.loads(record.value)["position"]
        if not (is_republished(record.headers) and position in known):
            seen.append(position)
            known.add(position)
