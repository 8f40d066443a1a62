"""Lag as the broker tells it: nobody has to be alive for it to be seen."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from datetime import timedelta

import pytest
from kafka import TopicPartition
from kafka.errors import KafkaConnectionError
from prometheus_client import CollectorRegistry

from contracts.topics import topics
from monitoring.kafka_lag import KNOWN_SECONDS, Committed, KafkaLag, Place, Range, expected_groups
from monitoring.store_metrics import LagMetrics
from tests.manual_clock import ManualClock

P0, P1 = TopicPartition("orders", 0), TopicPartition("orders", 1)
OTHER = TopicPartition("other", 0)


class OffsetsInMemory:
    """A broker of dictionaries: the records of a partition are the times they were written at."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self.records: dict[TopicPartition, list[float]] = {P0: [], P1: []}
        self.begins: dict[TopicPartition, int] = {}
        self.committed: dict[str, dict[TopicPartition, int]] = {}
        self.away = False
        self.read: list[Place] = []

    def write(self, partition: TopicPartition) -> None:
        self.records.setdefault(partition, []).append(self._clock.now().timestamp())

    def partitions(self) -> set[TopicPartition]:
        if self.away:
            raise KafkaConnectionError("no broker answers")
        return set(self.records)

    def groups(self) -> dict[str, Committed]:
        return dict(self.committed)

    def members(self, groups: Iterable[str]) -> dict[str, int]:
        return {group: 1 if group in self.committed else 0 for group in groups}

    def ranges(self, partitions: Collection[TopicPartition]) -> dict[TopicPartition, Range]:
        return {each: (self.begins.get(each, 0), len(self.records[each])) for each in partitions}

    def timestamps(self, places: Iterable[Place]) -> dict[Place, float]:
        places = list(places)
        self.read += places
        return {(partition, offset): self.records[partition][offset] for partition, offset in places}


class Watched:
    """The job with its broker, and its metrics as Prometheus sees them."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.broker = OffsetsInMemory(self.clock)
        self.registry = CollectorRegistry()
        self.job = KafkaLag(self.broker, {"worker": "orders"}, LagMetrics(self.registry), self.clock)

    def messages(self, group: str = "worker", topic: str = "orders") -> float | None:
        return self.registry.get_sample_value("kafka_consumer_lag_messages", {"group": group, "topic": topic})

    def seconds(self, group: str = "worker", topic: str = "orders") -> float | None:
        return self.registry.get_sample_value("kafka_consumer_lag_seconds", {"group": group, "topic": topic})

    def members(self, group: str = "worker") -> float | None:
        return self.registry.get_sample_value("kafka_consumer_group_members", {"group": group})


@pytest.fixture
def watched() -> Watched:
    return Watched()


def test_the_groups_are_those_of_the_consumers_in_topics_yaml() -> None:
    assert expected_groups(topics()) == {
        "transaction-worker": "users",
        "notification-people": "users",
        "notification-consumer": "transactions",
        "analytics-ingester": "transactions",
    }


def test_a_group_that_has_done_everything_has_no_lag(watched: Watched) -> None:
    watched.broker.write(P0)
    watched.broker.committed["worker"] = {P0: 1}
    watched.job.run_once()
    assert (watched.messages(), watched.seconds(), watched.members()) == (0, 0, 1)


def test_who_asks_is_told_what_was_measured_as_long_as_it_is_fresh(watched: Watched) -> None:
    assert watched.job.seconds("worker") is None
    watched.job.run_once()
    assert watched.job.seconds("worker") == 0
    watched.broker.write(P0)
    watched.clock.advance(5)
    watched.job.run_once()
    assert (watched.job.seconds("worker"), watched.job.seconds("stranger")) == (5, None)
    watched.clock.advance(KNOWN_SECONDS)
    assert watched.job.seconds("worker") is None


def test_of_a_topic_that_is_gone_nothing_is_known(watched: Watched) -> None:
    watched.broker.records.clear()
    watched.job.run_once()
    assert watched.job.seconds("worker") is None


def test_the_oldest_waiting_record_of_all_partitions_says_the_seconds(watched: Watched) -> None:
    watched.broker.write(P0)
    watched.clock.advance(10)
    watched.broker.write(P1)
    watched.broker.write(P1)
    watched.clock.advance(5)
    watched.broker.committed["worker"] = {P0: 0, P1: 1}
    watched.job.run_once()
    assert (watched.messages(), watched.seconds()) == (2, 15)
    watched.broker.committed["worker"] = {P0: 1, P1: 1}
    watched.job.run_once()
    assert (watched.messages(), watched.seconds()) == (1, 5)


def test_a_group_that_never_committed_waits_from_the_beginning(watched: Watched) -> None:
    watched.broker.write(P0)
    watched.clock.advance(3600)
    watched.job.run_once()
    assert (watched.messages(), watched.seconds(), watched.members()) == (1, 3600, 0)


def test_a_dead_consumer_is_seen_growing_and_its_record_is_read_once(watched: Watched) -> None:
    watched.broker.write(P0)
    for age in (0, 10, 20):
        watched.job.run_once()
        assert watched.seconds() == age
        watched.clock.advance(10)
    assert watched.broker.read == [(P0, 0)]


def test_what_retention_took_away_no_longer_waits(watched: Watched) -> None:
    watched.broker.write(P0)
    watched.clock.advance(100)
    watched.broker.write(P0)
    watched.broker.committed["worker"] = {P0: 0}
    watched.broker.begins[P0] = 1
    watched.job.run_once()
    assert (watched.messages(), watched.seconds()) == (1, 0)


def test_a_group_that_nobody_told_us_of_counts_where_it_committed(watched: Watched) -> None:
    watched.broker.write(OTHER)
    watched.broker.write(OTHER)
    watched.broker.committed["stranger"] = {OTHER: 1}
    watched.job.run_once()
    assert watched.messages("stranger", "other") == 1
    del watched.broker.committed["stranger"]
    watched.job.run_once()
    assert watched.messages("stranger", "other") is None
    assert watched.members("stranger") is None


def test_before_the_first_look_and_for_a_topic_that_is_not_there_nobody_knows(watched: Watched) -> None:
    assert watched.messages() is not None
    assert math.isnan(watched.messages() or 0)
    watched.broker.records.clear()
    watched.job.run_once()
    assert math.isnan(watched.seconds() or 0)


def test_while_kafka_is_away_what_waited_waits_on(watched: Watched) -> None:
    watched.broker.write(P0)
    watched.job.run_once()
    watched.broker.away = True
    watched.clock.advance(30)
    with pytest.raises(KafkaConnectionError):
        watched.job.run_once()
    assert (watched.messages(), watched.seconds()) == (1, 30)
    assert math.isnan(watched.members() or 0)


def test_while_kafka_is_away_nothing_is_claimed_of_a_group_that_had_no_lag(watched: Watched) -> None:
    watched.job.run_once()
    watched.broker.away = True
    with pytest.raises(KafkaConnectionError):
        watched.job.run_once()
    assert math.isnan(watched.messages() or 0)
    assert math.isnan(watched.seconds() or 0)


def test_a_record_from_the_future_is_of_no_age(watched: Watched) -> None:
    watched.broker.records[P0].append((watched.clock.now() + timedelta(seconds=9)).timestamp())
    watched.job.run_once()
    assert watched.seconds() == 0
