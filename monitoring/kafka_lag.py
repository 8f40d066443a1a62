"""Consumer lag as seen from outside: a consumer that is dead, or never was, can't hide its own.

In messages: what lies behind the group's committed offsets. In seconds: the age of the oldest record at one of them.
A group that never committed waits from the beginning of the topic. In a compacted topic offsets have gaps, so there
the messages are an upper bound, and the seconds are exact.

While Kafka doesn't answer, what was waiting is taken to wait on, and its seconds grow; where nothing was waiting,
the figures are NaN, since a 0 would claim what nobody knows. `kafka_up` names the cause.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from kafka import TopicPartition

from contracts.topics import Topic
from monitoring.store_metrics import LagMetrics
from service_kit.clock import Clock

Place = tuple[TopicPartition, int]
Committed = Mapping[TopicPartition, int]
Range = tuple[int, int]
PERIOD_SECONDS = 2.5
KNOWN_SECONDS = 10.0
"""So long what was measured holds for who asks."""


class Offsets(Protocol):
    """What is asked of Kafka; `monitoring.kafka_offsets` says how. Each may raise KafkaError."""

    def partitions(self) -> set[TopicPartition]: ...

    def groups(self) -> dict[str, Committed]: ...

    def members(self, groups: Iterable[str]) -> dict[str, int]: ...

    def ranges(self, partitions: Collection[TopicPartition]) -> dict[TopicPartition, Range]: ...

    def timestamps(self, places: Iterable[Place]) -> dict[Place, float]: ...


@dataclass(frozen=True)
class Waiting:
    """What one group has before it in one topic; `places` are where it would go on."""

    messages: int
    places: tuple[Place, ...]


def expected_groups(topics: Mapping[str, Topic]) -> dict[str, str]:
    """Group -> topic, of the platform's consumers: `notification_service.consumer` is in `notification-consumer`."""
    return {consumer.replace("_service.", "-"): topic.name for topic in topics.values() for consumer in topic.consumers}


def waiting(
    partitions: Iterable[TopicPartition], committed: Committed, ranges: Mapping[TopicPartition, Range]
) -> Waiting:
    """Count what lies behind the commits; records that retention took away no longer wait."""
    messages, places = 0, []
    for partition in sorted(partitions):
        begin, end = ranges[partition]
        following = max(begin, committed.get(partition, begin))
        if following < end:
            messages += end - following
            places.append((partition, following))
    return Waiting(messages, tuple(places))


class KafkaLag:
    """The job `lag`."""

    name = "lag"
    period_seconds = PERIOD_SECONDS

    def __init__(self, offsets: Offsets, expected: Mapping[str, str], metrics: LagMetrics, clock: Clock) -> None:
        """`expected`: the groups that are there in any case, each with its topic."""
        self._offsets = offsets
        self._expected = expected
        self._metrics = metrics
        self._clock = clock
        self._timestamps: dict[Place, float] = {}
        self._oldest: dict[tuple[str, str], float | None] = dict.fromkeys(expected.items())
        self._known: tuple[float, dict[str, float]] = (clock.monotonic(), {})
        for group, topic in expected.items():
            metrics.unknown(group, topic)

    def run_once(self) -> None:
        """Measure all groups; raises KafkaError, after saying what is then known."""
        try:
            found, members = self._look()
        except Exception:
            self._go_on_waiting()
            raise
        for gone in self._oldest.keys() - found.keys():
            if gone in self._expected.items():
                self._metrics.unknown(*gone)
            else:
                self._metrics.forget(*gone)
        self._timestamps = {place: self._timestamps[place] for each in found.values() for place in each.places}
        self._oldest = {}
        now = self._clock.now().timestamp()
        for (group, topic), each in found.items():
            oldest = min((self._timestamps[place] for place in each.places), default=None)
            self._oldest[group, topic] = oldest
            self._metrics.waits(group, topic, each.messages, 0.0 if oldest is None else max(0.0, now - oldest))
        self._known = self._clock.monotonic(), self._lags(now)
        self._metrics.members(members)

    def seconds(self, group: str) -> float | None:
        """By how much an expected group is behind its topic; None where that isn't known right now. For any thread."""
        measured_at, lags = self._known
        return lags.get(group) if self._clock.monotonic() - measured_at < KNOWN_SECONDS else None

    def _lags(self, now: float) -> dict[str, float]:
        expected = [place for place in self._expected.items() if place in self._oldest]
        return {group: max(0.0, now - (self._oldest[group, topic] or now)) for group, topic in expected}

    def _look(self) -> tuple[dict[tuple[str, str], Waiting], dict[str, int]]:
        existing = self._offsets.partitions()
        # Commits are read before the ends: what comes in between waits too, and no lag is below zero.
        committed = self._offsets.groups()
        wanted = self._wanted(committed, existing)
        ranges = self._offsets.ranges({partition for partitions in wanted.values() for partition in partitions})
        found = {
            (group, topic): waiting(partitions, committed.get(group, {}), ranges)
            for (group, topic), partitions in wanted.items()
        }
        places = {place for each in found.values() for place in each.places}
        self._timestamps |= self._offsets.timestamps(places - self._timestamps.keys())
        return found, self._offsets.members(sorted({group for group, _ in found}))

    def _wanted(
        self, committed: Mapping[str, Committed], existing: set[TopicPartition]
    ) -> dict[tuple[str, str], set[TopicPartition]]:
        """Of an expected group every partition of its topic; of any other those it has committed."""
        wanted: dict[tuple[str, str], set[TopicPartition]] = defaultdict(set)
        for group, commits in committed.items():
            for partition in commits.keys() & existing:
                wanted[group, partition.topic].add(partition)
        for group, topic in self._expected.items():
            whole = {partition for partition in existing if partition.topic == topic}
            if whole:
                wanted[group, topic] |= whole
        return wanted

    def _go_on_waiting(self) -> None:
        now = self._clock.now().timestamp()
        for (group, topic), oldest in self._oldest.items():
            if oldest is None:
                self._metrics.unknown(group, topic)
            else:
                self._metrics.waits(group, topic, None, max(0.0, now - oldest))
        self._metrics.members({group: math.nan for group, _ in self._oldest})
