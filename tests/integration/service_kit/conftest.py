"""Topics of a test's own, on the real broker."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest
from kafka.admin import KafkaAdminClient
from prometheus_client import CollectorRegistry

from service_kit.kafka import Producer, dead_letters_of
from service_kit.metrics import MessagingMetrics
from tests.integration.service_kit.broker import Consumers

PARTITIONS = 3


@pytest.fixture(scope="session")
def admin(kafka_bootstrap: str) -> Iterator[KafkaAdminClient]:
    with KafkaAdminClient(bootstrap_servers=kafka_bootstrap, client_id="tests") as client:
        yield client


@pytest.fixture
def topic(admin: KafkaAdminClient) -> Iterator[str]:
    """A topic with PARTITIONS partitions and its dead letters, gone after the test."""
    name = f"test-{uuid4().hex[:12]}"
    both = [name, dead_letters_of(name)]
    admin.create_topics(
        {name: {"num_partitions": PARTITIONS, "replication_factor": 1}, both[1]: {"num_partitions": 1}},
        wait_for_metadata=True,
    )
    yield name
    admin.delete_topics(both)


@pytest.fixture
def producer(kafka_bootstrap: str, topic: str) -> Iterator[Producer]:
    metrics = MessagingMetrics(CollectorRegistry())
    producer = Producer(kafka_bootstrap, "tests", metrics, topics=[topic], delivery_timeout_seconds=5.0)
    yield producer
    producer.close()


@pytest.fixture
def consumers(kafka_bootstrap: str, topic: str) -> Iterator[Consumers]:
    """Starts consumers of the topic; ends them after the test."""
    consumers = Consumers(kafka_bootstrap, topic)
    yield consumers
    consumers.stop_all()
