"""An analytics database and a topic of each test's own; nothing else may run on the database meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from kafka.admin import KafkaAdminClient
from prometheus_client import CollectorRegistry

from analytics_service.ingester import Ingester
from analytics_service.metrics import IngesterMetrics
from analytics_service.storage.collections import Collections
from analytics_service.storage.manifest import MongoManifest
from analytics_service.storage.rollups import MongoRollups
from analytics_service.wiring.ingester import ingester_loop
from service_kit import mongo
from service_kit.clock import SystemClock
from service_kit.kafka import ConsumerSettings, Producer
from service_kit.metrics import MessagingMetrics
from service_kit.process import Progress
from tests.unit.analytics_service.lakes import TestLake

PARTITIONS = 6
SETTINGS = ConsumerSettings(max_batch=500, poll_seconds=0.1, session_timeout_seconds=6.0)


@pytest.fixture
def collections(mongo_url) -> Iterator[Collections]:
    """Empty, set up; emptied again afterwards."""
    client = mongo.connect(mongo_url("analytics_service"), "test")
    made = Collections(client)
    _empty(made)
    made.set_up()
    yield made
    _empty(made)
    client.close()


def _empty(collections: Collections) -> None:
    collections.files.drop()
    collections.state.drop()
    collections.jobs.drop()
    collections.turns.drop()
    collections.schedules.drop()
    collections.rollups.drop()
    collections.reconciliations.drop()


@pytest.fixture
def manifest(collections) -> MongoManifest:
    return MongoManifest(collections)


@pytest.fixture
def rollups(collections) -> MongoRollups:
    return MongoRollups(collections)


@pytest.fixture
def lake(tmp_path: Path, manifest, rollups) -> TestLake:
    return TestLake(tmp_path / "lake", manifest, rollups)


@pytest.fixture
def topic(kafka_bootstrap) -> Iterator[str]:
    """As wide as `transactions`, with its dead letters; gone after the test."""
    name = f"test-{uuid4().hex[:12]}"
    dead = f"{name}.dlq"
    with KafkaAdminClient(bootstrap_servers=kafka_bootstrap, client_id="tests") as admin:
        admin.create_topics(
            {
                name: {"num_partitions": PARTITIONS, "replication_factor": 1},
                dead: {"num_partitions": 1, "replication_factor": 1},
            },
            wait_for_metadata=True,
        )
        yield name
        admin.delete_topics([name, dead])


@pytest.fixture
def producer(kafka_bootstrap, topic) -> Iterator[Producer]:
    made = Producer(kafka_bootstrap, "tests", MessagingMetrics(CollectorRegistry()), topics=[topic])
    yield made
    made.close()


class RunningIngester:
    """An ingester as wiring makes it, in a thread of its own, over the test's lake."""

    def __init__(self, bootstrap: str, topic: str, lake: TestLake, manifest: object, folder: object) -> None:
        self.registry = CollectorRegistry()
        self.crash: BaseException | None = None
        clock = SystemClock()
        ingester = Ingester(manifest, folder, clock, IngesterMetrics(self.registry))  # type: ignore[arg-type]
        self._loop = ingester_loop(
            bootstrap, ingester, MessagingMetrics(self.registry), Progress(), clock, topic, SETTINGS
        )
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._loop.run(self._stop)
        except Exception as error:  # noqa: BLE001 - shown by end(), in the test's own thread
            self.crash = error

    def value(self, name: str, **labels: str) -> float:
        return self.registry.get_sample_value(name, labels) or 0.0

    def end(self) -> None:
        """As SIGTERM does."""
        self._stop.set()
        self._thread.join(timeout=20)
        assert not self._thread.is_alive(), "the ingester did not stop"
        if self.crash is not None:
            raise self.crash


@pytest.fixture
def start(kafka_bootstrap, topic, lake) -> Iterator[Callable[..., RunningIngester]]:
    """Starts ingesters of the test's topic and ends them after the test."""
    started: list[RunningIngester] = []

    def begin(manifest: object = None, folder: object = None) -> RunningIngester:
        one = RunningIngester(kafka_bootstrap, topic, lake, manifest or lake.manifest, folder or lake.folder)
        started.append(one)
        return one

    yield begin
    for one in started:
        one.end()
