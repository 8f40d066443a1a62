"""Where a transfer's times come from: MongoDB's replication log and the topic, as the real servers tell it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import orjson
import pytest
from kafka.admin import KafkaAdminClient
from prometheus_client import CollectorRegistry

from contracts import topics
from monitoring.asking import SourceAway
from monitoring.journey.ledger import CommitTimes, LedgerRecords
from monitoring.journey.stages import Decided, State
from monitoring.journey.topic import PublishedRecords
from service_kit import mongo
from service_kit.kafka import Producer, Record
from service_kit.metrics import MessagingMetrics
from tests.unit.monitoring.watchers import decided
from tests.unit.transaction_service.ledgers import an_id, granting, opening, opening_the_world, paying
from transaction_service.storage.collections import Collections
from transaction_service.storage.lease import LeaseKeeper
from transaction_service.storage.ledger import MongoLedger

PAYMENT = 300
PAYMENT_ID = an_id(10_000 + PAYMENT)
PARTITIONS = 3


@pytest.fixture(scope="module")
def posted(mongo_url) -> Iterator[datetime]:
    """ann has paid bob, at position 6 and with the id PAYMENT_ID; when the ledger decided it."""
    client = mongo.connect(mongo_url("transaction_service"), "test")
    collections = Collections(client)
    made = (collections.journal, collections.accounts, collections.control)
    for collection in made:
        collection.drop()
    collections.set_up()
    lease = LeaseKeeper(collections, "writer-1", time.monotonic).try_acquire()
    assert lease is not None
    ledger, now = MongoLedger(collections), datetime.now(UTC).replace(microsecond=0)
    people = [opening(100, "ann"), opening(101, "bob"), granting(200, "ann"), granting(201, "bob")]
    ledger.commit(lease, [opening_the_world(1), *people], now)
    ledger.commit(lease, [paying(PAYMENT, "ann", "bob", 100)], now)
    yield now
    for collection in made:
        collection.drop()
    client.close()


@pytest.fixture
def ledger(mongo_url, posted):
    """The ledger's database as monitoring's own user sees it."""
    client = mongo.connect(mongo_url("monitoring"), "test")
    yield client["ledger"]
    client.close()


@pytest.fixture
def payment(ledger) -> Decided:
    found = LedgerRecords(ledger).find(PAYMENT_ID)
    assert found is not None
    return found.last


def test_the_journal_says_whose_transfer_it_is(payment, posted):
    assert (payment.position, payment.status, payment.kind) == (6, "posted", "payment")
    assert payment.at == posted
    assert payment.told == payment.parties == {"user-ann", "user-bob"}


def test_an_account_that_was_opened_is_no_transfer(ledger):
    assert LedgerRecords(ledger).find(an_id(100)) is None
    assert LedgerRecords(ledger).find(an_id(999)) is None


def test_the_commits_time_is_read_from_the_replication_log(ledger, payment):
    found = CommitTimes(ledger).find(payment)["committed"]
    assert found.state is State.DONE
    assert found.at is not None
    assert timedelta(0) <= found.at - payment.at < timedelta(seconds=30)


def test_a_record_that_never_comes_is_not_waited_for_long(ledger, payment):
    began = time.monotonic()
    with pytest.raises(SourceAway):
        CommitTimes(ledger, seconds=0.3).find(replace(payment, position=999_999))
    assert time.monotonic() - began < 5


@pytest.fixture
def topic(kafka_bootstrap) -> Iterator[str]:
    name = f"test-{uuid4().hex[:12]}"
    with KafkaAdminClient(bootstrap_servers=kafka_bootstrap, client_id="tests") as admin:
        admin.create_topics({name: {"num_partitions": PARTITIONS, "replication_factor": 1}}, wait_for_metadata=True)
        yield name
        admin.delete_topics([name])


@pytest.fixture
def publish(kafka_bootstrap, topic):
    """As the relay does: one record for each transfer, in order."""
    producer = Producer(kafka_bootstrap, "tests", MessagingMetrics(CollectorRegistry()), topics=[topic])
    yield lambda *transfers: producer.send_all([a_record(topic, transfer) for transfer in transfers])
    producer.close()


def a_record(topic: str, transfer: Decided) -> Record:
    value = orjson.dumps({"position": transfer.position})
    return Record(topic, transfer.partition_key, value, [("ce_id", transfer.event_id.encode())])


def a_transfer(position: int) -> Decided:
    return decided(position, event_id=str(uuid4()), at=datetime.now(UTC), partition_key=b"account-1")


def test_the_record_on_the_topic_tells_when_and_where_it_was_published(kafka_bootstrap, topic, publish):
    first, second, third = a_transfer(1), a_transfer(2), a_transfer(3)
    published = PublishedRecords(kafka_bootstrap, topic, seconds=10)
    assert published.find(second)["published"].state is State.WAITING

    publish(first, second, third)
    found = published.find(second)["published"]
    assert found.state is State.DONE
    assert found.at is not None
    assert timedelta(milliseconds=-1) <= found.at - second.at < timedelta(seconds=30)
    assert "offset 1" in str(found.detail)
    assert published.find(replace(third, position=4))["published"].state is State.WAITING


def test_a_record_that_was_published_again_counts_from_the_first_time(kafka_bootstrap, topic, publish):
    transfer = a_transfer(1)
    publish(transfer)
    publish(transfer)
    found = PublishedRecords(kafka_bootstrap, topic, seconds=10).find(transfer)["published"]
    assert "offset 0" in str(found.detail)


def test_a_record_that_the_topic_no_longer_keeps_is_not_waited_for(kafka_bootstrap, topic, publish):
    publish(a_transfer(8))
    found = PublishedRecords(kafka_bootstrap, topic, seconds=10).find(a_transfer(7))["published"]
    assert found.state is State.NOT_KEPT


@pytest.mark.parametrize("ahead", [timedelta(minutes=10), timedelta(minutes=-10)])
def test_it_is_found_though_the_ledgers_clock_differs_from_the_relays(
    kafka_bootstrap, topic, publish, monkeypatch, ahead
):
    monkeypatch.setattr("monitoring.journey.topic.STEP_BACK", 2)
    transfers = [a_transfer(position) for position in range(1, 40)]
    publish(*transfers)
    published = PublishedRecords(kafka_bootstrap, topic, seconds=10)
    for position in (1, 20, 39):
        asked = replace(transfers[position - 1], at=datetime.now(UTC) + ahead)
        assert f"offset {position - 1}" in str(published.find(asked)["published"].detail)
    later = replace(a_transfer(40), at=datetime.now(UTC) + ahead)
    assert published.find(later)["published"].state is State.WAITING


def test_what_the_topic_has_lost_is_not_kept_whatever_the_clocks_say(kafka_bootstrap, topic, publish):
    publish(*map(a_transfer, range(8, 40)))
    asked = replace(a_transfer(7), at=datetime.now(UTC) + timedelta(minutes=10))
    found = PublishedRecords(kafka_bootstrap, topic, seconds=10).find(asked)["published"]
    assert found.state is State.NOT_KEPT


def test_a_record_that_the_topic_lost_is_found_where_it_was_published_again(kafka_bootstrap, topic, publish):
    first, lost, last = map(a_transfer, (1, 2, 3))
    publish(first, last)
    published = PublishedRecords(kafka_bootstrap, topic, seconds=10)
    assert published.find(lost)["published"].state is State.NOT_KEPT
    publish(lost)
    assert "offset 2" in str(published.find(lost)["published"].detail)


def test_a_topic_or_a_broker_that_is_not_there_is_named(kafka_bootstrap):
    for bootstrap, name in ((kafka_bootstrap, "test-nowhere"), ("127.0.0.1:1", topics.TRANSACTIONS)):
        with pytest.raises(SourceAway) as away:
            PublishedRecords(bootstrap, name, seconds=3).find(a_transfer(1))
        assert away.value.source == "Kafka"
