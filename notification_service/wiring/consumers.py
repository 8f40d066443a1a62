"""The consumers of topics."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import timedelta
from functools import partial

from contracts import topics
from contracts.notices import LEDGER_KINDS, USER_KINDS, WATCH_KINDS, Kind
from notification_service.decoding import decoder
from notification_service.hints import RedisHints
from notification_service.metrics import TellingMetrics
from notification_service.settings import ConsumerSettings
from notification_service.storage.deliveries import MongoDeliveries
from notification_service.storage.endpoints import MongoEndpoints
from notification_service.storage.payments import MongoPayments
from notification_service.storage.people import MongoPeople
from notification_service.storage.preferences import MongoPreferences
from notification_service.use_cases.fresh import Fresh
from notification_service.use_cases.keep_people import KeepPeople
from notification_service.use_cases.notify import Notify
from notification_service.use_cases.watch import WatchPayments
from notification_service.wiring.parts import SERVICE, collections_of, tell_of
from service_kit import mongo, redis_store, tracing
from service_kit.clock import SystemClock
from service_kit.health import Check
from service_kit.kafka import ConsumerLoop, Message, Producer
from service_kit.metrics import MessagingMetrics
from service_kit.observability import observe
from service_kit.process import Progress, run


def run_consumer() -> int:
    """Topic `transactions` -> notifications."""
    process = _Process("consumer", topics.TRANSACTIONS, LEDGER_KINDS | WATCH_KINDS)
    watch = WatchPayments(MongoPayments(process.collections))
    return process.consume(Notify(process.tell, watch, process.fresh, process.clock).handle)


def run_people() -> int:
    """Topic `users` -> people, and notifications to them of what happened to their access."""
    process = _Process("people", topics.USERS, USER_KINDS)
    collections = process.collections
    keep = KeepPeople(
        MongoPeople(collections),
        MongoDeliveries(collections),
        (MongoPreferences(collections), MongoEndpoints(collections), MongoPayments(collections)),
        process.tell,
        process.fresh,
        process.clock,
    )
    return process.consume(keep.handle)


class _Process:
    """What both have: settings, stores, the way to the inboxes, and the loop."""

    def __init__(self, process: str, topic: str, kinds: Collection[Kind]) -> None:
        self.name = f"notification-{process}"
        self.settings = ConsumerSettings.from_env()
        self.registry = observe(SERVICE, process, self.settings)
        self.clock = SystemClock()
        self.collections = collections_of(self.settings.mongo_url, self.name)
        metrics = TellingMetrics(self.registry, kinds)
        hints = RedisHints(redis_store.connect(self.settings.redis_url.get_secret_value(), self.name))
        days = self.settings.inbox_retention_days
        self.fresh = Fresh(timedelta(days=days), metrics, self.clock, self.collections.now)
        self.tell = tell_of(self.collections, hints, metrics, self.clock, days)
        self._topic = topics.topics()[topic]

    def consume(self, handle: Callable[[list[Message]], None]) -> int:
        """Hand the topic's events to `handle` until told to stop; the exit code."""
        tracing.instrument_stores()
        progress = Progress(self.clock)
        metrics = MessagingMetrics(self.registry)
        brokers = self.settings.kafka_bootstrap_servers
        topic = self._topic
        consumer = ConsumerLoop(
            brokers,
            topic.name,
            self.name,
            decode=decoder(topic.name),
            handle=handle,
            dead_letters=Producer(brokers, self.name, metrics, topics=(topic.dead_letters,)),
            metrics=metrics,
            progress=progress,
            dependency_down=mongo.AWAY,
            clock=self.clock,
            fail_points=self.settings.fail_points,
        )
        ready: dict[str, Check] = {"mongo": partial(mongo.ping, self.collections.client), "consumer": consumer.check}
        return run(
            self.name,
            consumer.run,
            host=self.settings.http_host,
            port=self.settings.http_port,
            registry=self.registry,
            ready=ready,
            progress=progress,
        )
