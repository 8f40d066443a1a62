"""From a real topic into a real database: what is delivered twice is told once."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta

import pytest
from prometheus_client import CollectorRegistry

from contracts.codec import codec_for
from contracts.notices import LEDGER_KINDS, WATCH_KINDS
from notification_service.domain import notifications_of
from notification_service.metrics import TellingMetrics
from notification_service.storage.deliveries import MongoDeliveries
from notification_service.storage.endpoints import MongoEndpoints
from notification_service.storage.notifications import MongoNotifications
from notification_service.storage.payments import MongoPayments
from notification_service.storage.people import MongoPeople
from notification_service.storage.preferences import MongoPreferences
from notification_service.use_cases.choose import Choose
from notification_service.use_cases.fresh import Fresh
from notification_service.use_cases.notify import Notify
from notification_service.use_cases.tell import Tell
from notification_service.use_cases.watch import WatchPayments
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
        clock = SystemClock()
        told = TellingMetrics(self.registry, LEDGER_KINDS | WATCH_KINDS)
        tell = Tell(
            MongoNotifications(collections),
            MongoDeliveries(collections),
            MongoPreferences(collections),
            Choose(MongoPeople(collections), MongoEndpoints(collections), clock),
            RememberedHints(),
            told,
            clock,
        )
        # The events of these tests are of a day in the past.
        fresh = Fresh(timedelta(days=36_500), told, clock)
        notify = Notify(tell, WatchPayments(MongoPayments(collections)), fresh, clock)
        loop = ConsumerLoop(
            kafka_bootstrap,
            name,
            "notification-tests",
            decode=lambda message: codec_for("transactions").decode(message.value),
            handle=notify.handle,
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

    of_the_ledger = {"kind": {"$in": sorted(LEDGER_KINDS)}}
    eventually(
        lambda: collections.notifications.count_documents(of_the_ledger) >= len(due),
        what="all is told",
        within_seconds=60,
    )
    end([member])
    assert {row["_id"] for row in collections.notifications.find(of_the_ledger)} == due
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

    labels = {"messaging_destination_name": topic, "messaging_consumer_group_name": "notification-tests"}

    def consumed() -> float:
        return sum(member.count("messaging_client_consumed_messages_total", **labels) for member in members)

    eventually(lambda: consumed() >= 2 * EVENTS, what="both deliveries of every event", within_seconds=60)
    end(members)
    rows = list(collections.notifications.find())
    told = Counter((row["event_id"], row["user_id"]) for row in rows)
    assert set(told.values()) == {1}
    kinds = Counter(row["kind"] for row in rows)
    assert (kinds["transfer.sent"], kinds["transfer.received"], kinds["watch.first_to_payee"]) == (EVENTS, EVENTS, 2)
