"""The collectors against real servers."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from prometheus_client import CollectorRegistry

from monitoring.mongodb_collector import MongoCollector
from monitoring.store_metrics import MongoMetrics, ZooKeeperMetrics
from monitoring.zookeeper_client import ZooKeeperClient, ZooKeeperUnavailable
from monitoring.zookeeper_collector import BROKERS, ZooKeeperCollector
from service_kit import mongo
from tests.integration.conftest import from_test_servers
from tests.manual_clock import ManualClock


@pytest.fixture
def zookeeper() -> Iterator[ZooKeeperClient]:
    client = ZooKeeperClient(from_test_servers("TEST_ZOOKEEPER_ADDRESS", lambda stack: stack.address("zookeeper")))
    yield client
    client.close()


def test_mongodb_is_the_primary_and_its_start_is_the_same_at_every_look(mongo_url: Callable[[str], str]) -> None:
    starts = set()
    for _ in range(5):
        registry = CollectorRegistry()
        client = mongo.connect(mongo_url("monitoring"), "tests")
        MongoCollector(client, MongoMetrics(registry), ManualClock().monotonic).run_once()
        starts.add(registry.get_sample_value("mongodb_start_time_seconds"))
        assert registry.get_sample_value("mongodb_up") == 1
        assert registry.get_sample_value("mongodb_primary") == 1
        assert registry.get_sample_value("mongodb_replica_state") == 1
        assert registry.get_sample_value("mongodb_connections", {"state": "current"})
        assert registry.get_sample_value("mongodb_operations_total", {"type": "command"})
        assert registry.get_sample_value("mongodb_oplog_window_seconds") is not None
        client.close()
    assert len(starts) == 1


def test_zookeeper_says_since_when_the_broker_is_registered(zookeeper: ZooKeeperClient) -> None:
    registry = CollectorRegistry()
    collector = ZooKeeperCollector(zookeeper, ZooKeeperMetrics(registry))
    for _ in range(2):
        collector.run_once()
        assert registry.get_sample_value("zookeeper_up") == 1
        assert registry.get_sample_value("zookeeper_znodes")
    [broker] = zookeeper.children(BROKERS)
    registered = registry.get_sample_value("kafka_broker_registered_timestamp_seconds", {"broker": broker})
    assert registered == zookeeper.created_at(f"{BROKERS}/{broker}")
    assert registered is not None
    assert registered > 1_700_000_000


def test_what_zookeeper_does_not_have_is_not_there(zookeeper: ZooKeeperClient) -> None:
    assert zookeeper.created_at("/nobody") is None
    assert zookeeper.children("/nobody") == []


def test_a_zookeeper_that_is_not_there_is_unavailable() -> None:
    nowhere = ZooKeeperClient("127.0.0.1:1")
    with pytest.raises(ZooKeeperUnavailable):
        nowhere.server_state()
    with pytest.raises(ZooKeeperUnavailable):
        nowhere.children("/")
