"""Events of every type from the real ledger, through the relay and Kafka, into the lake and out in reports."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from prometheus_client import CollectorRegistry

from analytics_service.domain.rows import KINDS
from service_kit import mongo
from service_kit.clock import SystemClock
from service_kit.kafka import Producer
from service_kit.metrics import MessagingMetrics
from service_kit.process import Progress
from tests.unit.analytics_service.added_up import VIEWERS, assert_they_agree
from tests.unit.analytics_service.histories import everything
from tests.waiting import eventually
from transaction_service.domain import Record
from transaction_service.metrics import RelayMetrics
from transaction_service.relay import Relay
from transaction_service.storage.collections import Collections
from transaction_service.storage.cursor import MongoCursor
from transaction_service.storage.documents import journal_document
from transaction_service.storage.lease import PUBLISHING, LeaseKeeper
from transaction_service.storage.reading import MongoReader


@pytest.fixture
def records() -> list[Record]:
    return everything()


@pytest.fixture
def journal(mongo_url, records) -> Iterator[Collections]:
    """The ledger's database with the journal of everything; emptied afterwards."""
    client = mongo.connect(mongo_url("transaction_service"), "test")
    made = Collections(client)
    _empty(made)
    made.set_up()
    made.journal.insert_many([journal_document(record, 1) for record in records])
    yield made
    _empty(made)
    client.close()


def _empty(collections: Collections) -> None:
    for name in ("journal", "accounts", "transfers", "paid", "control"):
        collections.database[name].drop()


@pytest.fixture
def relay(journal, kafka_bootstrap, topic) -> Iterator[None]:
    """Publishes the journal to the test's topic until the test is over."""
    registry, stop = CollectorRegistry(), threading.Event()
    made = Relay(
        LeaseKeeper(journal, "test-relay", time.monotonic, PUBLISHING),
        MongoReader(journal),
        MongoCursor(journal),
        Producer(kafka_bootstrap, "test-relay", MessagingMetrics(registry), topics=(topic,)),
        lambda after: set(),
        lambda: None,
        RelayMetrics(registry),
        Progress(SystemClock()),
        topic=topic,
    )
    thread = threading.Thread(target=made.run, args=(stop,), daemon=True)
    thread.start()
    yield
    stop.set()
    thread.join(timeout=20)
    assert not thread.is_alive(), "the relay did not stop"


@pytest.mark.usefixtures("relay")
def test_events_of_every_type_are_in_the_lake_once_and_add_up(records, lake, start):
    last = records[-1].position
    one = start()
    eventually(lambda: lake.manifest.snapshot().covered.watermark.position == last, what="the lake is complete")
    assert lake.positions() == list(range(1, last + 1))
    for kind in KINDS:
        events = sum(record.event["type"] == kind for record in records)
        assert one.value("lake_rows_ingested_total", type=kind) == events > 0
    for viewer in VIEWERS:
        assert_they_agree(records, lake, viewer)
