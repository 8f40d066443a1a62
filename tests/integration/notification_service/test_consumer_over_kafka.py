"""From a real topic into a real database: what is delivered twice is told once."""

from __future__ import annotations

import threading
from collections import Counter

import pytest
from prometheus_client import CollectorRegistry

from contracts.codec import codec_for
from contracts.notices import LEDGER_KINDS
from notification_service.domain import notifications_of
from notification_service.metrics import TellingMetrics
from notification_service.storage.notifications import MongoNotifications
from notification_service.use_cases.notify import Notify
from notification_service.use_cases.tell import Tell
from notification_service.wiring.consumers import STORE_AWAY
from service_kit.clock import SystemClock
from service_kit.kafka import ConsumerLoop, Producer, Record, dead_letters_of
from service_kit.metrics import Cause, MessagingMetrics
from service_kit.process import Progress
from tests.integration.service_kit.conftest import admin, producer, topic  # noqa: F401 - fixtures
from tests.unit.notification_service.events import ANN, BOB, SHOWN, posted
from tests.unit.notification_service.memory import RememberedHints
from tests.waiting import eventually

EVENTS = 200


class Member:
    """One member of the group, with what it counted."""

    def __init__(self, kafka_bootstrap, name, collections) -> None:
        self.registry = CollectorRegistry()
        metrics = MessagingMetrics(self.registry)
        told = TellingMetrics(self.registry, LEDGER_KINDS)
        tell = Tell(MongoNotifications(collections), RememberedHints(), told, SystemClock())
        loop = ConsumerLoop(
            kafka_bootstrap,
            name,
            "notification-tests",
            decode=lambda message: codec_for("transactions").decode(message.value),
            handle=Notify(tell, SystemClock()).handle,
            dead_letters=Producer(kafka_bootstrap, "tests", metrics, topics=[dead_letters_of(name)]),
            metrics=metrics,
            progress=Progress(),
            dependency_down=STORE_AWAY,
        )
        self.stop = threading.Event()
        self.thread = threading.Thread(target=loop.run, args=(self.stop,), daemon=True)
        self.thread.start()

    def count(self, name: str, **labels: str) -> float:
        return self.registry.get_sample_value(name, labels) or 0


def end(members) -> None:
    for member in members:
        member.stop.set()
    for member in members:
        member.thread.join(20)


def test_every_event_of_the_contract_is_told_and_none_is_a_dead_letter(
    kafka_bootstrap,
    topic,  # noqa: F811
    producer,  # noqa: F811
    collections,
):
    codec = codec_for("transactions")
    due = {each.id for event in SHOWN.values() for each in notifications_of(event)}
    member = Member(kafka_bootstrap, topic, collections)
    producer.send_all([Record(topic, b"k", codec.encode(event)) for event in SHOWN.values()])

    eventually(lambda: collections.notifications.count_documents({}) >= len(due), what="all is told", within_seconds=60)
    end([member])
    assert {row["_id"] for row in collections.notifications.find()} == due
    labels = {"messaging_destination_name": topic, "messaging_consumer_group_name": "notification-tests"}
    assert member.count("messaging_client_consumed_messages_total", **labels) == len(SHOWN)
    dead = [
        member.registry.get_sample_value("messaging_consumer_dead_letters_total", {**labels, "cause": cause})
        for cause in Cause
    ]
    assert set(dead) == {0}


@pytest.mark.usefixtures("producer")
def test_every_event_delivered_twice_to_two_members_is_told_once(
    kafka_bootstrap,
    topic,  # noqa: F811
    producer,  # noqa: F811
    collections,
):
    codec = codec_for("transactions")
    events = [
        posted(position, payer=(ANN, BOB)[position % 2], payee=(BOB, ANN)[position % 2])
        for position in range(1, EVENTS + 1)
    ]
    records = [Record(topic, str(event["position"] % 7).encode(), codec.encode(event)) for event in events]
    members = [Member(kafka_bootstrap, topic, collections) for _ in range(2)]
    # The repetition lies on other partitions, as after a change of their number: order and owner differ.
    again = [Record(topic, str(number).encode(), record.value) for number, record in enumerate(records)]
    producer.send_all([*records, *again])

    def handled() -> float:
        created = sum(
            member.count("notification_created_total", kind=kind, channel="inbox")
            for member in members
            for kind in ("transfer.sent", "transfer.received")
        )
        suppressed = sum(
            member.count("notification_suppressed_duplicates_total", channel="inbox") for member in members
        )
        return created + suppressed

    eventually(lambda: handled() == 4 * EVENTS, what="both deliveries of every event", within_seconds=60)
    end(members)
    told = Counter((row["event_id"], row["user_id"]) for row in collections.notifications.find())
    assert len(told) == 2 * EVENTS
    assert set(told.values()) == {1}
