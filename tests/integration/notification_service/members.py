"""Members of a consumer's group, as wiring makes them, with what they counted."""

from __future__ import annotations

import threading
from datetime import timedelta

from prometheus_client import CollectorRegistry

from contracts.notices import LEDGER_KINDS, USER_KINDS, WATCH_KINDS
from contracts.topics import TRANSACTIONS, USERS
from notification_service.decoding import decoder
from notification_service.metrics import TellingMetrics
from notification_service.storage.deliveries import MongoDeliveries
from notification_service.storage.payments import MongoPayments
from notification_service.storage.people import MongoPeople
from notification_service.use_cases.fresh import Fresh
from notification_service.use_cases.keep_people import KeepPeople
from notification_service.use_cases.notify import Notify
from notification_service.use_cases.watch import WatchPayments
from notification_service.wiring.parts import tell_of
from service_kit import mongo
from service_kit.clock import SystemClock
from service_kit.kafka import ConsumerLoop, Producer, dead_letters_of
from service_kit.metrics import Cause, MessagingMetrics
from service_kit.process import Progress
from tests.unit.notification_service.memory import RememberedHints

GROUP = "notification-tests"
# The events of these tests are of a day in the past.
RETENTION_DAYS = 36_500


class Member:
    """One member, at work until `stop` is set. `contract`: of which topic the events on `name` are."""

    def __init__(self, kafka_bootstrap, name, collections, contract=TRANSACTIONS) -> None:
        self.registry = CollectorRegistry()
        metrics, clock = MessagingMetrics(self.registry), SystemClock()
        told = TellingMetrics(self.registry, LEDGER_KINDS | USER_KINDS | WATCH_KINDS)
        tell = tell_of(collections, RememberedHints(), told, clock, RETENTION_DAYS)
        fresh = Fresh(timedelta(days=RETENTION_DAYS), told, clock, collections.now)
        people, deliveries = MongoPeople(collections), MongoDeliveries(collections)
        handlers = {
            TRANSACTIONS: Notify(tell, WatchPayments(MongoPayments(collections)), fresh, clock),
            USERS: KeepPeople(people, deliveries, (), tell, fresh, clock),
        }
        loop = ConsumerLoop(
            kafka_bootstrap,
            name,
            GROUP,
            decode=decoder(contract),
            handle=handlers[contract].handle,
            dead_letters=Producer(kafka_bootstrap, "tests", metrics, topics=[dead_letters_of(name)]),
            metrics=metrics,
            progress=Progress(),
            dependency_down=mongo.AWAY,
        )
        self._labels = {"messaging_destination_name": name, "messaging_consumer_group_name": GROUP}
        self.stop = threading.Event()
        self.thread = threading.Thread(target=loop.run, args=(self.stop,), daemon=True)
        self.thread.start()

    def count(self, name: str, **labels: str) -> float:
        return self.registry.get_sample_value(name, labels) or 0

    def consumed(self) -> float:
        return self.count("messaging_client_consumed_messages_total", **self._labels)

    def dead(self) -> dict[str, float]:
        """How many dead letters there were, by cause."""
        counted = {
            str(cause): self.count("messaging_consumer_dead_letters_total", **self._labels, cause=cause)
            for cause in Cause
        }
        return {cause: number for cause, number in counted.items() if number}


def end(members) -> None:
    for member in members:
        member.stop.set()
    for member in members:
        member.thread.join(20)
