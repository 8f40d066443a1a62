"""Which partition a key belongs to: as all Kafka clients decide it, worked out once a key and not once a record."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from kafka.partitioner import DefaultPartitioner, murmur2

KEYS_REMEMBERED = 65_536
"""Accounts that were busy lately; about 15 MB when all are taken."""


@lru_cache(maxsize=KEYS_REMEMBERED)
def partition_of(key: bytes, partitions: int) -> int:
    """The partition of `key` on a topic that has so many (murmur2, as in Kafka's own clients)."""
    return int((murmur2(key) & 0x7FFFFFFF) % partitions)


class RememberingPartitioner(DefaultPartitioner):
    """Decides as DefaultPartitioner does.

    That hashes the key byte by byte in Python and sorts the topic's partitions, for each record again: a third of what
    it costs to send one (docs/decisions/0067). Partitions are numbered from 0 on, so that their number is enough.
    """

    def partition(
        self, topic: str, key: Any, serialized_key: bytes | None, value: Any, serialized_value: Any, cluster: Any
    ) -> Any:
        """A record without a key goes anywhere, as before. Raises ValueError for an unknown topic."""
        partitions = cluster.partitions_for_topic(topic)
        if serialized_key is None or not partitions:
            return super().partition(topic, key, serialized_key, value, serialized_value, cluster)
        return partition_of(serialized_key, len(partitions))
