"""The job `kafka`: brokers, topics and their offsets by the admin protocol, dead letters included."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from kafka import TopicPartition
from kafka.admin import OffsetSpec

from monitoring.kafka_connection import Held
from monitoring.store_metrics import KafkaMetrics

PERIOD_SECONDS = 5.0


class KafkaCollector:
    """Asks, and passes on. Offsets and epochs that were known stay known while no broker answers."""

    name = "kafka"
    period_seconds = PERIOD_SECONDS

    def __init__(self, admin: Held[Any], metrics: KafkaMetrics, monotonic: Callable[[], float]) -> None:
        """`monotonic` is a clock in seconds."""
        self._admin = admin
        self._metrics = metrics
        self._monotonic = monotonic

    def run_once(self) -> None:
        """Ask once; raises KafkaError where nobody answers, and then `kafka_up` is 0."""
        try:
            with self._admin.use() as admin:
                self._collect(admin)
        except Exception:
            self._metrics.up.set(0)
            self._metrics.brokers.set(0)
            raise
        self._metrics.up.set(1)

    def _collect(self, admin: Any) -> None:
        began = self._monotonic()
        described = admin.describe_topics()
        self._metrics.request_seconds.observe(self._monotonic() - began)
        topics = {topic["name"]: topic["partitions"] for topic in described if not topic["is_internal"]}
        ends = _end_offsets(admin, topics)
        for name, partitions in topics.items():
            epochs = sum(partition["leader_epoch"] for partition in partitions)
            self._metrics.topic(name, len(partitions), ends[name], epochs)
        self._metrics.only(set(topics))
        every = [partition for topic in described for partition in topic["partitions"]]
        self._metrics.under_replicated.set(sum(len(p["isr_nodes"]) < len(p["replica_nodes"]) for p in every))
        self._metrics.leaderless.set(sum(p["leader_id"] < 0 for p in every))
        self._metrics.brokers.set(len(admin.describe_cluster()["brokers"]))


def _end_offsets(admin: Any, topics: dict[str, list[dict[str, Any]]]) -> Counter[str]:
    led = [TopicPartition(name, p["partition_index"]) for name, all in topics.items() for p in all]
    sums: Counter[str] = Counter(dict.fromkeys(topics, 0))
    if led:
        for partition, end in admin.list_partition_offsets(dict.fromkeys(led, OffsetSpec.LATEST)).items():
            sums[partition.topic] += end.offset
    return sums
