"""The relay on a real MongoDB and a real Kafka: every position once, in order, whatever is killed when."""

from __future__ import annotations

import threading
import time
from functools import partial
from uuid import uuid4

import orjson
import pytest
from kafka import KafkaProducer
from prometheus_client import CollectorRegistry

from contracts.events import is_republished
from service_kit.clock import SystemClock
from service_kit.kafka import Producer, PublishFailed
from service_kit.metrics import MessagingMetrics
from service_kit.process import Progress
from tests.unit.transaction_service.ledgers import NOW, paying
from transaction_service.metrics import RelayMetrics
from transaction_service.publishing import BATCH_MAX, GapError
from transaction_service.relay import Relay
from transaction_service.republish import Range, republish
from transaction_service.republisher import Republisher
from transaction_service.storage.cursor import MongoCursor
from transaction_service.storage.lease import LEASE_SECONDS, PUBLISHING, LeaseKeeper, LeaseLostError
from transaction_service.storage.republications import MongoRepublications
from transaction_service.topic_tail import positions_after

pytestmark = pytest.mark.usefixtures("people")


class Crash(BaseException):
    """The process dies here."""


class CursorThatCrashes(MongoCursor):
    """Dies between publishing and moving, as kill -9 would."""

    def move(self, lease, position):
        raise Crash


@pytest.fixture
def relay(collections, reader, kafka_bootstrap, topic):
    """Builds a relay onto the test's topic; `run(StopAt(...))` runs it until the cursor is there."""

    def build(cursor=None, name="relay-1"):
        metrics = RelayMetrics(CollectorRegistry())
        producer = Producer(kafka_bootstrap, "test-relay", MessagingMetrics(CollectorRegistry()), topics=(topic,))
        orders = MongoRepublications(collections)
        return Relay(
            LeaseKeeper(collections, name, time.monotonic, PUBLISHING),
            reader,
            cursor or MongoCursor(collections),
            producer,
            partial(lambda after: positions_after(kafka_bootstrap, topic, after, BATCH_MAX)),
            Republisher(orders, reader, producer, metrics, time.monotonic, topic).turn,
            metrics,
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
    relay(name="relay-2").run(StopAt(MongoCursor(collections), 5))
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


def test_a_republished_range_is_there_again_by_the_same_ids_and_the_relay_goes_on(
    relay, collections, reader, ledger, lease, kafka_bootstrap, topic, published
):
    relay().run(StopAt(MongoCursor(collections), 5))
    producer = Producer(kafka_bootstrap, "test-republish", MessagingMetrics(CollectorRegistry()), topics=(topic,))
    told = []
    republish(Range(2, 4), reader, producer, told.append, topic=topic)
    producer.close()
    assert (told, MongoCursor(collections).position()) == ([3], 5)
    ledger.commit(lease, [paying(1, "ann", "bob", 10, traceparent=None)], NOW)
    relay(name="relay-2").run(StopAt(MongoCursor(collections), 6))

    again = [record for record in published() if is_republished(record.headers)]
    first = {position_of(record): record for record in published() if not is_republished(record.headers)}
    assert sorted(first) == [1, 2, 3, 4, 5, 6]
    assert sorted(map(position_of, again)) == [2, 3, 4]
    for record in again:
        original = first[position_of(record)]
        assert (record.key, record.value, record.partition) == (original.key, original.value, original.partition)
        assert dict(record.headers)["ce_id"] == dict(original.headers)["ce_id"]
        assert record.offset > original.offset


class StopWhenDone(threading.Event):
    """Set as soon as no order waits and the cursor has reached a position."""

    def __init__(self, collections, position):
        super().__init__()
        self._orders = MongoRepublications(collections)
        self._published = StopAt(MongoCursor(collections), position)

    def is_set(self):
        return self._published.is_set() and self._orders.oldest() is None


def test_the_relay_publishes_what_was_ordered_beside_what_is_new(relay, collections, ledger, lease, published):
    relay().run(StopAt(MongoCursor(collections), 5))
    orders = MongoRepublications(collections)
    assert [orders.add(2, 4, NOW), orders.add(2, 4, NOW), orders.add(5, 5, NOW)] == [1, 1, 2]
    ledger.commit(lease, [paying(1, "ann", "bob", 10, traceparent=None)], NOW)

    relay(name="relay-2").run(StopWhenDone(collections, 6))

    records = published()
    again = [record for record in records if is_republished(record.headers)]
    first = [record for record in records if not is_republished(record.headers)]
    assert sorted(map(position_of, again)) == [2, 3, 4, 5]
    assert sorted(map(position_of, first)) == [1, 2, 3, 4, 5, 6]


def test_an_order_over_a_gap_is_dropped_and_stops_nothing(relay, collections, published):
    relay().run(StopAt(MongoCursor(collections), 5))
    collections.journal.delete_one({"_id": 3})
    MongoRepublications(collections).add(2, 4, NOW)
    relay(name="relay-2").run(StopWhenDone(collections, 5))
    assert not [record for record in published() if is_republished(record.headers)]


def position_of(record):
    return orjson.loads(record.value)["position"]


def test_a_relay_that_was_overtaken_can_neither_move_the_cursor_nor_beat(collections):
    now = [0.0]
    former = LeaseKeeper(collections, "relay-1", time.monotonic, PUBLISHING)
    standby = LeaseKeeper(collections, "relay-2", lambda: now[0], PUBLISHING)
    lease = former.try_acquire()
    MongoCursor(collections).move(lease, 3)
    assert standby.try_acquire() is None
    now[0] += LEASE_SECONDS
    taken = standby.try_acquire()
    assert (taken.head, taken.epoch, taken.took_over) == (3, lease.epoch + 1, True)
    with pytest.raises(LeaseLostError):
        MongoCursor(collections).move(lease, 4)
    with pytest.raises(LeaseLostError):
        former.beat(lease)
    assert MongoCursor(collections).position() == 3


def test_the_leases_of_the_writer_and_of_the_relay_are_two(collections, lease):
    held = LeaseKeeper(collections, "relay-1", time.monotonic, PUBLISHING).try_acquire()
    assert held.epoch == lease.epoch == 1


def test_set_up_gives_the_cursor_of_an_older_version_its_lease(collections):
    collections.control.replace_one({"_id": "relay"}, {"position": 4})
    collections.set_up()
    taken = LeaseKeeper(collections, "relay-1", time.monotonic, PUBLISHING).try_acquire()
    assert (taken.head, taken.epoch) == (4, 1)
