"""Lag against a real broker, with real consumers that stop."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from uuid import uuid4

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaConnectionError
from kafka.structs import OffsetAndMetadata
from prometheus_client import CollectorRegistry

from monitoring.kafka_collector import KafkaCollector
from monitoring.kafka_connection import held_admin
from monitoring.kafka_lag import KafkaLag
from monitoring.kafka_offsets import KafkaOffsets
from monitoring.store_metrics import KafkaMetrics, LagMetrics
from service_kit.kafka.connections import require_answer
from tests.manual_clock import ManualClock
from tests.waiting import eventually

STAMP_MS = int(ManualClock().now().timestamp() * 1000)


@pytest.fixture
def topic(kafka_bootstrap: str) -> Iterator[str]:
    name = f"test-{uuid4().hex[:12]}"
    with KafkaAdminClient(bootstrap_servers=kafka_bootstrap, client_id="tests") as admin:
        # Records that are stamped in the past are deleted at the broker's next look at retention, unless told not to.
        kept = {"num_partitions": 2, "replication_factor": 1, "configs": {"retention.ms": "-1"}}
        admin.create_topics({name: kept}, wait_for_metadata=True)
        yield name
        admin.delete_topics([name])


def write(bootstrap: str, topic: str, counts: dict[int, int]) -> None:
    """So many records to each partition; record n of a partition is stamped n seconds after STAMP_MS."""
    producer = KafkaProducer(bootstrap_servers=bootstrap)
    for partition, count in counts.items():
        for number in range(count):
            producer.send(topic, b"value", partition=partition, timestamp_ms=STAMP_MS + 1000 * number)
    producer.flush()
    producer.close()


def commit(bootstrap: str, topic: str, group: str, offsets: dict[int, int]) -> None:
    """As a consumer of the group would, which then is gone."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, group_id=group, enable_auto_commit=False)
    partitions = {TopicPartition(topic, number): OffsetAndMetadata(at, "", -1) for number, at in offsets.items()}
    consumer.assign(list(partitions))
    consumer.commit(partitions)
    consumer.close()


def test_a_dead_groups_lag_is_seen_in_messages_and_in_seconds(kafka_bootstrap: str, topic: str) -> None:
    group = f"group-{uuid4().hex[:8]}"
    write(kafka_bootstrap, topic, {0: 20, 1: 10})
    commit(kafka_bootstrap, topic, group, {0: 15, 1: 10})
    clock, registry = ManualClock(), CollectorRegistry()
    clock.advance(100)
    job = KafkaLag(KafkaOffsets(kafka_bootstrap), {group: topic, "never-seen": topic}, LagMetrics(registry), clock)
    for more in (0, 60):
        clock.advance(more)
        job.run_once()
        dead, never = {"group": group, "topic": topic}, {"group": "never-seen", "topic": topic}
        assert registry.get_sample_value("kafka_consumer_lag_messages", dead) == 5
        assert registry.get_sample_value("kafka_consumer_lag_seconds", dead) == 100 + more - 15
        assert registry.get_sample_value("kafka_consumer_lag_messages", never) == 30
        assert registry.get_sample_value("kafka_consumer_lag_seconds", never) == 100 + more
        assert registry.get_sample_value("kafka_consumer_group_members", {"group": group}) == 0


def test_where_the_committed_record_is_deleted_the_next_one_says_the_age(kafka_bootstrap: str, topic: str) -> None:
    write(kafka_bootstrap, topic, {0: 20})
    partition = TopicPartition(topic, 0)
    with KafkaAdminClient(bootstrap_servers=kafka_bootstrap, client_id="tests") as admin:
        admin.delete_records({partition: 12})
    found = KafkaOffsets(kafka_bootstrap).timestamps([(partition, 5), (partition, 15)])
    assert found == {(partition, 5): STAMP_MS / 1000 + 12, (partition, 15): STAMP_MS / 1000 + 15}


def test_the_collector_counts_what_was_written(kafka_bootstrap: str, topic: str) -> None:
    write(kafka_bootstrap, topic, {0: 20, 1: 10})
    registry = CollectorRegistry()
    clock = ManualClock()
    KafkaCollector(held_admin(kafka_bootstrap, "tests"), KafkaMetrics(registry, ()), clock.monotonic).run_once()
    assert registry.get_sample_value("kafka_topic_end_offset", {"topic": topic}) == 30
    assert registry.get_sample_value("kafka_topic_partitions", {"topic": topic}) == 2
    assert registry.get_sample_value("kafka_brokers") == 1


def test_a_broker_that_takes_connections_and_says_nothing_is_no_broker_and_leaves_no_thread() -> None:
    with socket.create_server(("127.0.0.1", 0)) as frozen:
        address = f"127.0.0.1:{frozen.getsockname()[1]}"
        with pytest.raises(KafkaConnectionError, match="no broker answers"):
            require_answer([address], timeout_seconds=0.2)
        before = threading.active_count()
        held = held_admin(address, "tests")
        for _ in range(3):
            with pytest.raises(KafkaConnectionError), held.use():
                pytest.fail("there is nobody to speak to")
        assert threading.active_count() == before


def test_a_client_that_failed_is_not_used_again(kafka_bootstrap: str) -> None:
    held = held_admin(kafka_bootstrap, "tests-once")
    with pytest.raises(ZeroDivisionError), held.use():
        raise ZeroDivisionError
    assert not held.is_open
    eventually(
        lambda: not [thread for thread in threading.enumerate() if "tests-once" in thread.name],
        what="the failed client's thread ends",
    )
