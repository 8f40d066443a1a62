"""What the admin protocol and one long-lived reader tell of groups and offsets."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from kafka import TopicPartition
from kafka.admin import OffsetSpec
from kafka.errors import KafkaTimeoutError

from monitoring.kafka_connection import Held, held_admin, held_reader
from monitoring.kafka_lag import Committed, Place, Range

READ_SECONDS = 3.0


class KafkaOffsets:
    """Everything is asked anew at every call. Raises KafkaError within seconds where the broker doesn't answer."""

    def __init__(self, bootstrap: str) -> None:
        """Nothing is opened yet; raises KafkaMisconfigured for a malformed address."""
        self._admin: Held[Any] = held_admin(bootstrap, "monitoring-lag")
        # One record of each partition is wanted, so a fetch brings the one batch that it must bring, and no more.
        self._reader: Held[Any] = held_reader(bootstrap, "monitoring-lag-reader", max_partition_fetch_bytes=1)

    def partitions(self) -> set[TopicPartition]:
        """Of every topic that exists."""
        with self._admin.use() as admin:
            return {
                TopicPartition(topic["name"], partition["partition_index"])
                for topic in admin.describe_topics()
                for partition in topic["partitions"]
            }

    def groups(self) -> dict[str, Committed]:
        """What each group that the broker knows has committed; a partition without a commit isn't in it."""
        with self._admin.use() as admin:
            names = [group["group_id"] for group in admin.list_groups()]
            if not names:
                return {}
            found = admin.list_group_offsets(dict.fromkeys(names))
        return {
            group: {partition: commit.offset for partition, commit in commits.items() if commit.offset >= 0}
            for group, commits in found.items()
        }

    def members(self, groups: Iterable[str]) -> dict[str, int]:
        """How many members each of the groups has; 0 of one that the broker doesn't know."""
        with self._admin.use() as admin:
            return {name: len(group["members"]) for name, group in admin.describe_groups(list(groups)).items()}

    def ranges(self, partitions: Collection[TopicPartition]) -> dict[TopicPartition, Range]:
        """The oldest offset there is, and the one that the next record will have."""
        with self._admin.use() as admin:
            begins = admin.list_partition_offsets(dict.fromkeys(partitions, OffsetSpec.EARLIEST))
            ends = admin.list_partition_offsets(dict.fromkeys(partitions, OffsetSpec.LATEST))
        return {partition: (begins[partition].offset, ends[partition].offset) for partition in partitions}

    def timestamps(self, places: Iterable[Place]) -> dict[Place, float]:
        """The Unix time in seconds of the record at each place, or of the next one that is still there."""
        waiting = sorted(set(places))
        found: dict[Place, float] = {}
        while waiting:
            # Groups stand at different places of the same partition, and a reader at one at a time.
            turn = dict(waiting)
            found |= self._read(turn)
            waiting = [place for place in waiting if place not in found]
        return found

    def _read(self, turn: Mapping[TopicPartition, int]) -> dict[Place, float]:
        found: dict[Place, float] = {}
        with self._reader.use() as reader:
            reader.assign(list(turn))
            for partition, offset in turn.items():
                reader.seek(partition, offset)
            deadline = time.monotonic() + READ_SECONDS
            while len(found) < len(turn):
                if time.monotonic() > deadline:
                    raise KafkaTimeoutError(f"no record came from {len(turn) - len(found)} partitions that have some")
                for partition, records in reader.poll(timeout_ms=500).items():
                    found[partition, turn[partition]] = records[0].timestamp / 1000
                    reader.pause(partition)
            reader.assign([])
        return found
