"""The collectors pass on what a server says, and say so when it says nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from bson import ObjectId
from kafka import TopicPartition
from kafka.admin import OffsetSpec
from kafka.errors import KafkaConnectionError
from kafka.structs import OffsetAndTimestamp
from prometheus_client import CollectorRegistry

from monitoring.kafka_collector import KafkaCollector
from monitoring.mongodb_collector import start_time
from monitoring.store_metrics import KafkaMetrics, ReportedCounters, ZooKeeperMetrics
from monitoring.zookeeper_client import ZooKeeperUnavailable
from monitoring.zookeeper_collector import ZooKeeperCollector
from tests.manual_clock import ManualClock

SRVR = {
    "Received": "714",
    "Outstanding": "2",
    "Node count": "81",
    "Connections": "3",
    "Latency min/avg/max": "0/0.5/25",
    "Mode": "standalone",
}


class ZooKeeperInMemory:
    """One broker, registered when the test says."""

    def __init__(self) -> None:
        self.registered: float | None = 100.0
        self.state = SRVR
        self.away = False

    def server_state(self) -> dict[str, str]:
        if self.away:
            raise ZooKeeperUnavailable("srvr: timed out")
        return self.state

    def children(self, path: str) -> list[str]:
        return ["1"] if self.registered else []

    def created_at(self, path: str) -> float | None:
        return self.registered


def test_zookeepers_figures_are_passed_on() -> None:
    registry = CollectorRegistry()
    ZooKeeperCollector(ZooKeeperInMemory(), ZooKeeperMetrics(registry)).run_once()
    assert registry.get_sample_value("zookeeper_up") == 1
    assert registry.get_sample_value("zookeeper_packets_received_total") == 714
    assert registry.get_sample_value("zookeeper_outstanding_requests") == 2
    assert registry.get_sample_value("zookeeper_znodes") == 81
    assert registry.get_sample_value("zookeeper_latency_average_seconds") == 0.0005


def test_a_broker_that_is_away_keeps_its_registration_so_that_its_return_is_a_change() -> None:
    registry, server = CollectorRegistry(), ZooKeeperInMemory()
    collector = ZooKeeperCollector(server, ZooKeeperMetrics(registry))
    seen = []
    for registered in (100.0, None, 160.0):
        server.registered = registered
        collector.run_once()
        seen.append(registry.get_sample_value("kafka_broker_registered_timestamp_seconds", {"broker": "1"}))
    assert seen == [100.0, 100.0, 160.0]


def test_a_zookeeper_that_is_away_is_down_and_the_run_fails() -> None:
    registry, server = CollectorRegistry(), ZooKeeperInMemory()
    collector = ZooKeeperCollector(server, ZooKeeperMetrics(registry))
    server.away = True
    with pytest.raises(ZooKeeperUnavailable):
        collector.run_once()
    assert registry.get_sample_value("zookeeper_up") == 0


def test_a_zookeeper_whose_answer_is_not_understood_is_not_up() -> None:
    registry, server = CollectorRegistry(), ZooKeeperInMemory()
    collector = ZooKeeperCollector(server, ZooKeeperMetrics(registry))
    collector.run_once()
    server.state = {"Mode": "standalone"}
    with pytest.raises(KeyError):
        collector.run_once()
    assert registry.get_sample_value("zookeeper_up") == 0


def test_mongodbs_start_time_is_that_of_the_id_it_gave_itself() -> None:
    started = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    hello = {"topologyVersion": {"processId": ObjectId.from_datetime(started), "counter": 6}}
    assert start_time(hello) == started.timestamp()


def test_a_counter_of_another_server_may_begin_anew() -> None:
    registry = CollectorRegistry()
    counters = ReportedCounters(registry, "operations", "Text", "type")
    assert registry.get_sample_value("operations_total", {"type": "insert"}) is None
    for value in (5, 1):
        counters.says(value, "insert")
        assert registry.get_sample_value("operations_total", {"type": "insert"}) == value


def test_a_topic_that_is_gone_is_forgotten() -> None:
    registry = CollectorRegistry()
    metrics = KafkaMetrics(registry, ["users", "old"])
    metrics.only({"users"})
    assert registry.get_sample_value("kafka_topic_end_offset", {"topic": "users"}) == 0
    assert registry.get_sample_value("kafka_topic_end_offset", {"topic": "old"}) is None


class AdminInMemory:
    """Answers as kafka-python's admin client does."""

    def __init__(self, partitions: list[dict[str, Any]]) -> None:
        self._partitions = partitions
        self.closed = False

    def describe_topics(self) -> list[dict[str, Any]]:
        return [
            {"name": "orders", "is_internal": False, "partitions": self._partitions},
            {"name": "__consumer_offsets", "is_internal": True, "partitions": []},
        ]

    def list_partition_offsets(self, specs: dict[TopicPartition, OffsetSpec]) -> dict[TopicPartition, Any]:
        return {partition: OffsetAndTimestamp(10 + partition.partition, -1, 0) for partition in specs}

    def describe_cluster(self) -> dict[str, Any]:
        return {"brokers": [{"broker_id": 1}]}

    def close(self) -> None:
        self.closed = True


class HeldInMemory:
    """Gives out the client, or fails as a broker that doesn't answer."""

    def __init__(self, client: AdminInMemory) -> None:
        self._client = client
        self.away = False

    @contextmanager
    def use(self) -> Iterator[AdminInMemory]:
        if self.away:
            raise KafkaConnectionError("no broker answers")
        yield self._client


def _partition(number: int, epoch: int, leader: int = 1, in_sync: Sequence[int] = (1,)) -> dict[str, Any]:
    return {
        "partition_index": number,
        "leader_epoch": epoch,
        "leader_id": leader,
        "replica_nodes": [1],
        "isr_nodes": in_sync,
    }


def test_kafkas_topics_are_summed_over_their_partitions() -> None:
    registry = CollectorRegistry()
    held = HeldInMemory(AdminInMemory([_partition(0, 3), _partition(1, 4, leader=-1, in_sync=())]))
    KafkaCollector(held, KafkaMetrics(registry, ()), ManualClock().monotonic).run_once()  # type: ignore[arg-type]
    topic = {"topic": "orders"}
    assert registry.get_sample_value("kafka_up") == 1
    assert registry.get_sample_value("kafka_brokers") == 1
    assert registry.get_sample_value("kafka_topic_partitions", topic) == 2
    assert registry.get_sample_value("kafka_topic_end_offset", topic) == 21
    assert registry.get_sample_value("kafka_topic_leader_epoch", topic) == 7
    assert registry.get_sample_value("kafka_under_replicated_partitions") == 1
    assert registry.get_sample_value("kafka_leaderless_partitions") == 1
    assert registry.get_sample_value("kafka_topic_partitions", {"topic": "__consumer_offsets"}) is None


def test_a_kafka_that_does_not_answer_is_down_and_its_offsets_stay_known() -> None:
    registry = CollectorRegistry()
    held = HeldInMemory(AdminInMemory([_partition(0, 3)]))
    collector = KafkaCollector(held, KafkaMetrics(registry, ()), ManualClock().monotonic)  # type: ignore[arg-type]
    collector.run_once()
    held.away = True
    with pytest.raises(KafkaConnectionError):
        collector.run_once()
    assert registry.get_sample_value("kafka_up") == 0
    assert registry.get_sample_value("kafka_topic_end_offset", {"topic": "orders"}) == 10
