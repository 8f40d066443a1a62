"""The reconciliation's doors: the topic, the journal and its memory, on real servers."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import orjson
import pytest
from kafka import KafkaAdminClient, KafkaProducer, TopicPartition
from pymongo.collection import Collection
from pymongo.database import Database

from contracts.events import REPUBLISHED
from contracts.notices import notices
from monitoring.kafka_connection import held_reader
from monitoring.reconciliation.journal import LOOK_BACK, LedgerJournal
from monitoring.reconciliation.minutes import Book, Cell, Figures
from monitoring.reconciliation.repair import Repair, Step
from monitoring.reconciliation.sightings import Sightings
from monitoring.reconciliation.store import ReconciliationStore
from monitoring.reconciliation.topic_tail import Origin, TopicTail, TopicTorn
from service_kit import mongo
from tests.unit.transaction_service.histories import a_history
from transaction_service.storage.documents import journal_document

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
def topic(kafka_bootstrap: str) -> Iterator[str]:
    name = f"test-{uuid4().hex[:12]}"
    with KafkaAdminClient(bootstrap_servers=kafka_bootstrap, client_id="tests") as admin:
        admin.create_topics({name: {"num_partitions": 3, "replication_factor": 1}}, wait_for_metadata=True)
        yield name
        admin.delete_topics([name])


@pytest.fixture
def publish(kafka_bootstrap: str, topic: str) -> Callable[[list[int]], None]:
    def send(positions: list[int], headers: tuple[tuple[str, bytes], ...] = ()) -> None:
        producer = KafkaProducer(bootstrap_servers=kafka_bootstrap)
        for position in positions:
            value = orjson.dumps({"position": position})
            producer.send(topic, value, partition=position % 3, headers=list(headers))
        producer.flush()
        producer.close()

    return send


def tail_of(bootstrap: str, topic: str) -> TopicTail:
    return TopicTail(held_reader(bootstrap, "tests-tail"), topic, time.monotonic)


def test_the_tail_counts_what_is_on_the_topic_and_resumes_where_it_was(
    kafka_bootstrap: str, topic: str, publish: Callable[[list[int]], None]
) -> None:
    publish([1, 2, 3, 5, 5, 6])
    first = tail_of(kafka_bootstrap, topic)
    first.begin(Origin(0, None))
    assert first.read(10) == 0
    assert first.sightings.between(0, 6) == Figures(5, 5)
    assert first.sightings.again() == 1

    publish([4, 7, 1])
    second = tail_of(kafka_bootstrap, topic)
    second.resume(first.offsets, Sightings(0, first.sightings.to_lists()))
    assert second.read(10) == 0
    assert second.sightings.between(0, 7) == Figures(7, 7)
    assert second.sightings.again() == 2


def test_what_was_republished_is_no_surplus_and_fills_what_the_topic_lost(
    kafka_bootstrap: str, topic: str, publish: Callable[..., None]
) -> None:
    publish([1, 2, 4, 5, 5])
    publish([1, 2, 3], headers=((REPUBLISHED, b"true"),))
    publish([3], headers=((REPUBLISHED, b"true"),))
    tail = tail_of(kafka_bootstrap, topic)
    tail.begin(Origin(0, None))
    assert tail.read(10) == 0
    assert tail.sightings.between(0, 5) == Figures(5, 5)
    assert tail.sightings.again() == 1


def test_the_tail_reads_on_with_the_client_it_has(
    kafka_bootstrap: str, topic: str, publish: Callable[[list[int]], None]
) -> None:
    tail = tail_of(kafka_bootstrap, topic)
    tail.begin(Origin(0, None))
    for position in range(1, 6):
        publish([position])
        assert tail.read(10) == 0
        assert tail.sightings.between(0, position) == Figures(position, position)


def test_with_no_time_it_says_how_much_is_unread(
    kafka_bootstrap: str, topic: str, publish: Callable[[list[int]], None]
) -> None:
    publish(list(range(1, 11)))
    tail = tail_of(kafka_bootstrap, topic)
    tail.begin(Origin(0, None))
    assert tail.read(0) == 10


def test_an_origin_of_today_does_not_read_what_was_before_and_counts_only_from_there(
    kafka_bootstrap: str, topic: str, publish: Callable[[list[int]], None]
) -> None:
    publish([1, 2, 3, 4])
    tail = tail_of(kafka_bootstrap, topic)
    tail.begin(Origin(2, datetime.now(UTC)))
    tail.read(10)
    assert tail.sightings.between(0, 4) == Figures(2, 2)
    tail.begin(Origin(4, datetime.now(UTC) + timedelta(hours=1)))
    tail.read(10)
    assert tail.sightings.between(0, 4) == Figures(0, 0)


def test_a_place_that_the_topic_no_longer_holds_is_torn(
    kafka_bootstrap: str, topic: str, publish: Callable[[list[int]], None]
) -> None:
    publish(list(range(1, 31)))
    with KafkaAdminClient(bootstrap_servers=kafka_bootstrap, client_id="tests") as admin:
        admin.delete_records({TopicPartition(topic, 0): 5})
    tail = tail_of(kafka_bootstrap, topic)
    tail.resume({0: 2, 1: 0, 2: 0}, Sightings(0))
    with pytest.raises(TopicTorn):
        tail.read(10)


@pytest.fixture
def database(mongo_url: Callable[[str], str]) -> Iterator[Database[dict[str, Any]]]:
    """Monitoring's own, in which the collections that a test fills are empty, and are again after it."""
    client = mongo.connect(mongo_url("monitoring"), "tests")
    found = client.get_default_database()
    names = ("journal", "control", "reconciliation", "reconciliation_tail")
    for name in names:
        found[name].delete_many({})
    yield found
    for name in names:
        found[name].delete_many({})
    client.close()


def record(position: int, second: float, event: str, *usernames: str | None) -> dict[str, Any]:
    """A transfer from the first of the users to the others; an account's where there are none."""
    people = [{"username": username} for username in usernames]
    body = {"type": "payment", "payer": people[0], "payees": people[1:]} if people else {"account": {}}
    return {"_id": position, "at": START + timedelta(seconds=second), "event_type": event, "body": body}


@pytest.fixture
def journal(database: Database[dict[str, Any]]) -> Collection[dict[str, Any]]:
    return database["journal"]


def test_the_journal_is_counted_by_the_second(journal: Collection[dict[str, Any]]) -> None:
    journal.insert_many(
        [
            record(1, 0.1, "account.opened"),
            record(2, 0.9, "transfer.posted", None, "ann"),
            record(3, 1.2, "transfer.posted", "ann", "bob"),
            record(4, 1.3, "transfer.rejected", "ann", "bob"),
            record(5, 1.4, "transfer.rejected", None, "ann"),
        ]
    )
    reader = LedgerJournal(journal.database)
    assert reader.head() == 5
    assert reader.cells(0) == [
        Cell(0, 2, START + timedelta(seconds=0.1), 2, 1, 1),
        Cell(2, 5, START + timedelta(seconds=1.2), 3, 2, 3),
    ]
    assert reader.cells(3) == [Cell(3, 5, START + timedelta(seconds=1.3), 2, 1, 1)]
    assert reader.cells(5) == []
    assert [(cell.after, cell.upto) for cell in reader.cells(1, 4)] == [(1, 2), (2, 4)]


def test_where_the_relay_stands_is_read_from_its_lease(database: Database[dict[str, Any]]) -> None:
    assert LedgerJournal(database).published() == 0
    database["control"].insert_one({"_id": "relay", "position": 7})
    assert LedgerJournal(database).published() == 7


def test_it_counts_who_is_told_as_the_rule_for_everybody_does(journal: Collection[dict[str, Any]]) -> None:
    reader = LedgerJournal(journal.database)
    counted: Counter[str] = Counter()
    for seed in range(20):
        history = a_history(seed)
        journal.delete_many({})
        # A second for each, so that a difference names its record.
        journal.insert_many(
            [journal_document(record, 1) | {"at": START + timedelta(seconds=record.position)} for record in history]
        )
        due = [len(notices(r.event["type"], r.event.get("transfer") or r.event["account"])) for r in history]
        assert [(cell.upto, cell.notifications, cell.notifying) for cell in reader.cells(0)] == [
            (record.position, count, min(1, count)) for record, count in zip(history, due, strict=True)
        ]
        counted.update(f"{record.event['type']} {count}" for record, count in zip(history, due, strict=True))
    assert {"transfer.posted 1", "transfer.posted 2", "transfer.posted 3", "transfer.voided 1"} <= set(counted)


def test_seconds_that_a_clock_mixed_up_are_one_cell(journal: Collection[dict[str, Any]]) -> None:
    seconds = [5, 9, 5, 9, 12]
    journal.insert_many(
        [record(position, at, "transfer.posted", "ann", "bob") for position, at in enumerate(seconds, 1)]
    )
    assert [(cell.after, cell.upto, cell.records) for cell in LedgerJournal(journal.database).cells(0)] == [
        (0, 4, 4),
        (4, 5, 1),
    ]


def test_it_begins_a_day_ago(journal: Collection[dict[str, Any]]) -> None:
    reader = LedgerJournal(journal.database)
    assert reader.origin(START) == Origin(0, None)
    journal.insert_many([record(position, position, "account.opened") for position in range(1, 101)])
    assert reader.origin(START) == Origin(0, None)
    origin = reader.origin(START + LOOK_BACK + timedelta(seconds=40))
    assert origin == Origin(39, START + timedelta(seconds=40))
    assert reader.origin(START + timedelta(days=30)).position == 100


def test_a_restart_finds_the_open_minutes_and_the_topics_place(database: Database[dict[str, Any]]) -> None:
    store = ReconciliationStore(database)
    store.set_up()
    assert store.load() is None
    book = Book(0)
    book.take([Cell(n, n + 1, START + timedelta(seconds=25 * n), 1, 1, 2) for n in range(6)])
    book.minutes[1].finds("notified", Figures(2, 4))
    book.minutes[1].repairs["notified"] = Repair(START, 2, 4, 16)
    book.minutes[2].repairs["in_lake"] = Repair(START, 3, 1, 16, Step.GIVEN_UP)
    for stage in ("published", "notified", "in_lake"):
        book.minutes[0].finds(stage, book.minutes[0].expected(stage))
    settled = book.settle(START)
    store.save(settled + book.minutes)
    sightings = Sightings(3, [[[4, 9]], [[5, 5]]])
    store.save_tail({0: 7, 1: 8}, sightings)

    loaded = store.load()
    assert loaded is not None
    again, offsets, seen = loaded
    assert again.position == 6
    assert [(each.minute, each.cells, each.found, each.repairs) for each in again.minutes] == [
        (each.minute, each.cells, each.found, each.repairs) for each in book.minutes
    ]
    assert offsets == {0: 7, 1: 8}
    assert (seen.floor, seen.to_lists()) == (3, sightings.to_lists())
    assert store.oldest_after() == 0

    store.drop_open()
    assert store.load() is None
    assert database["reconciliation"].count_documents({}) == len(settled)
