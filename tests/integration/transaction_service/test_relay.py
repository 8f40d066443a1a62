"""The relay on a real MongoDB and a real Kafka: every position once, in order, whatever is killed when."""

from __future__ import annotations

import threading
from functools import partial
from uuid import uuid4

import orjson
import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient, NewTopic
from prometheus_client import CollectorRegistry

from service_kit.clock import SystemClock
from service_kit.kafka import Producer, PublishFailed
from service_kit.metrics import MessagingMetrics
from service_kit.process import Progress
from tests.unit.transaction_service.ledgers import NOW, paying
from transaction_service.metrics import RelayMetrics
from transaction_service.relay import BATCH_MAX, GapError, Relay
from transaction_service.storage.cursor import MongoCursor
from transaction_service.topic_tail import positions_after

pytestmark = pytest.mark.usefixtures("people")


@pytest.fixture
def topic(kafka_bootstrap):
    """A topic of this test's own."""
    name = f"test-transactions-{uuid4()}"
    admin = KafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    admin.create_topics([NewTopic(name, 3, 1)])
    yield name
    admin.delete_topics([name])
    admin.close()


@pytest.fixture
def published(kafka_bootstrap, topic):
    """All records of the topic."""

    def read():
        consumer = KafkaConsumer(bootstrap_servers=kafka_bootstrap)
        partitions = [TopicPartition(topic, number) for number in range(3)]
        consumer.assign(partitions)
        consumer.seek_to_beginning(*partitions)
        ends = consumer.end_offsets(partitions)
        records = []
        while any(consumer.position(partition) < ends[partition] for partition in partitions):
            for polled in consumer.poll(timeout_ms=1_000).values():
                records.extend(polled)
        consumer.close()
        return records

    return read


class Crash(BaseException):
    """The process dies here."""


class CursorThatCrashes(MongoCursor):
    """Dies between publishing and moving, as kill -9 would."""

    def move(self, before, after):
        raise Crash


@pytest.fixture
def relay(collections, reader, kafka_bootstrap, topic):
    """Builds a relay onto the test's topic; `run_until(position)` runs it until the cursor is there."""

    def build(cursor=None):
        registry = CollectorRegistry()
        return Relay(
            reader,
            cursor or MongoCursor(collections),
            Producer(kafka_bootstrap, "test-relay", MessagingMetrics(registry), topics=(topic,)),
            partial(lambda after: positions_after(kafka_bootstrap, topic, after, BATCH_MAX)),
            RelayMetrics(registry),
            Progress(SystemClock()),
            topic=topic,
        )

    return build


class StopAt(threading.Event):
    """Set as soon as the cursor has reached a position."""

    def __init__(self, cursor, position):
        super().__init__()
        self._cursor = cursor
        self._position = position

    def is_set(self):
        return self._cursor.position() >= self._position


def test_every_position_is_published_once_with_its_attributes(relay, collections, ledger, lease, published):
    ledger.commit(lease, [paying(1, "ann", "bob", 10, traceparent=None)], NOW)
    relay().run(StopAt(MongoCursor(collections), 6))
    records = published()
    assert sorted(orjson.loads(record.value)["position"] for record in records) == [1, 2, 3, 4, 5, 6]
    transfer = next(record for record in records if orjson.loads(record.value)["position"] == 6)
    headers = dict(transfer.headers)
    assert transfer.key == b"account-ann-EUR"
    assert headers["ce_type"] == b"transfer.posted"
    assert headers["ce_id"].decode() == orjson.loads(transfer.value)["event_id"]


def test_a_crash_between_publishing_and_moving_the_cursor_doubles_nothing(relay, collections, published):
    with pytest.raises(Crash):
        relay(CursorThatCrashes(collections)).run(threading.Event())
    relay().run(StopAt(MongoCursor(collections), 5))
    assert sorted(orjson.loads(record.value)["position"] for record in published()) == [1, 2, 3, 4, 5]


def test_foreign_records_on_the_topic_stop_nothing(relay, collections, kafka_bootstrap, topic, published):
    foreign = KafkaProducer(bootstrap_servers=kafka_bootstrap)
    for value in (b"garbage", b"[]", b"{}", b'{"position": "5"}', None):
        foreign.send(topic, value=value, key=b"k").get(timeout=10)
    foreign.close()
    relay().run(StopAt(MongoCursor(collections), 5))
    assert len(published()) == 5 + 5


def test_a_gap_in_the_journal_is_never_published_over(relay, collections):
    collections.journal.delete_one({"_id": 3})
    with pytest.raises(GapError):
        relay().run(threading.Event())


def test_a_topic_that_does_not_exist_is_said_and_not_made(kafka_bootstrap):
    with pytest.raises(PublishFailed, match="does not exist"):
        positions_after(kafka_bootstrap, f"absent-{uuid4()}", 0, BATCH_MAX)
