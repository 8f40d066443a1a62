"""Reads the topic itself, as a consumer of no group: what is published is what is there, whatever the relay says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
import structlog
from kafka import TopicPartition
from kafka.errors import UnknownTopicOrPartitionError

from contracts.events import is_republished
from monitoring.kafka_connection import Held
from monitoring.reconciliation.sightings import Sightings

log = structlog.get_logger(__name__)

POLL_MS = 200
MESSAGES_MAX = 2_000
CLOCKS_DIFFER = timedelta(minutes=15)
"""The ledger's clock stamps records and the relay's stamps messages; begin so much earlier than the record's time."""


def _position(value: bytes | None) -> int | None:
    """The journal position that a message carries; None where it carries none.

    The schema isn't checked: that is the consumers' work, and would be nine tenths of ours (38 of 44 us a message).
    """
    try:
        position = orjson.loads(value or b"")["position"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return None
    return position if type(position) is int else None


class TopicTorn(Exception):
    """The topic no longer holds the place where reading stopped: what lay between can't be known."""


@dataclass(frozen=True)
class Origin:
    """Where reconciliation begins: with the records above `position`, of which the first is of `at` (None: any)."""

    position: int
    at: datetime | None


class TopicTail:
    """Belongs to one thread. `offsets` says where reading goes on, `sightings` what it has found so far."""

    def __init__(self, reader: Held[Any], topic: str, monotonic: Callable[[], float]) -> None:
        self._reader = reader
        self._topic = topic
        self._monotonic = monotonic
        self._origin = Origin(0, None)
        self.offsets: dict[int, int] = {}
        self.sightings = Sightings(0)

    def begin(self, origin: Origin) -> None:
        """Forget everything and read from the origin on."""
        self._reader.close()
        self._origin = origin
        self.offsets = {}
        self.sightings = Sightings(origin.position)

    def resume(self, offsets: Mapping[int, int], sightings: Sightings) -> None:
        """Go on where another run stopped; the two belong together."""
        self._reader.close()
        self.offsets = dict(offsets)
        self.sightings = sightings

    def read(self, seconds: float) -> int:
        """Read up to the topic's present end, for at most about `seconds`; return how many messages are still unread.

        Raises:
            KafkaError: the broker doesn't answer.
            TopicTorn: see there; `begin` again.
        """
        with self._reader.use() as reader:
            self._take_places(reader)
            deadline = self._monotonic() + seconds
            ends = reader.end_offsets(sorted(reader.assignment()))
            while (unread := self._unread(ends)) and self._monotonic() < deadline:
                self._take(reader.poll(timeout_ms=POLL_MS, max_records=MESSAGES_MAX))
            return unread

    def _unread(self, ends: Mapping[TopicPartition, int]) -> int:
        return sum(max(0, end - self.offsets[partition.partition]) for partition, end in ends.items())

    def _take(self, polled: Mapping[TopicPartition, list[Any]]) -> None:
        foreign = 0
        for partition, messages in polled.items():
            for message in messages:
                position = _position(message.value)
                if position is None:
                    foreign += 1
                elif not (is_republished(message.headers) and self.sightings.has(position)):
                    # One that somebody has republished counts where the first one is gone, and is no surplus.
                    self.sightings.saw(position)
            self.offsets[partition.partition] = messages[-1].offset + 1
        if foreign:
            # Nothing was published by them; what consumers make of them is counted as dead letters.
            log.warning("foreign_messages", topic=self._topic, count=foreign)

    def _take_places(self, reader: Any) -> None:
        partitions = {TopicPartition(self._topic, number) for number in reader.partitions_for_topic(self._topic) or ()}
        if not partitions:
            raise UnknownTopicOrPartitionError(f"topic {self._topic} does not exist")
        if partitions == reader.assignment():
            return
        begins, ends = reader.beginning_offsets(sorted(partitions)), reader.end_offsets(sorted(partitions))
        known = {partition: self.offsets.get(partition.partition) for partition in partitions}
        for partition, offset in known.items():
            if offset is not None and not begins[partition] <= offset <= ends[partition]:
                raise TopicTorn(f"{partition} holds {begins[partition]}..{ends[partition]}, and not {offset}")
        starts = self._starts(reader, begins, ends) if all(at is None for at in known.values()) else begins
        reader.assign(sorted(partitions))
        for partition, offset in known.items():
            place = starts[partition] if offset is None else offset
            reader.seek(partition, place)
            self.offsets[partition.partition] = place

    def _starts(
        self, reader: Any, begins: Mapping[TopicPartition, int], ends: Mapping[TopicPartition, int]
    ) -> Mapping[TopicPartition, int]:
        if self._origin.at is None:
            return begins
        since = int((self._origin.at - CLOCKS_DIFFER).timestamp() * 1000)
        found = reader.offsets_for_times(dict.fromkeys(begins, since))
        return {partition: found[partition].offset if found[partition] else ends[partition] for partition in begins}
