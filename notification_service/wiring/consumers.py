"""The consumers of topics."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from prometheus_client import CollectorRegistry
from pymongo.errors import ConnectionFailure, ExecutionTimeout, WTimeoutError

from contracts import topics
from contracts.codec import codec_for
from notification_service.hints import RedisHints
from notification_service.metrics import ConsumerMetrics
from notification_service.settings import ConsumerSettings, PeopleSettings
from notification_service.storage.collections import Collections
from notification_service.storage.notifications import MongoNotifications
from notification_service.storage.people import MongoPeople
from notification_service.use_cases.keep_people import KeepPeople
from notification_service.use_cases.notify import Notify
from notification_service.wiring.parts import SERVICE, collections_of
from service_kit import mongo, redis_store, tracing
from service_kit.clock import SystemClock
from service_kit.health import Check
from service_kit.kafka import ConsumerLoop, Message, Producer
from service_kit.metrics import MessagingMetrics
from service_kit.observability import observe
from service_kit.process import Progress, run

STORE_AWAY = (ConnectionFailure, ExecutionTimeout, WTimeoutError)


def run_consumer() -> int:
    """Topic `transactions` -> notifications."""
    settings = ConsumerSettings.from_env()
    registry = observe(SERVICE, "consumer", settings)
    collections = collections_of(settings.mongo_url, "notification-consumer")
    redis = redis_store.connect(settings.redis_url.get_secret_value(), "notification-consumer")
    notify = Notify(MongoNotifications(collections), RedisHints(redis), ConsumerMetrics(registry), SystemClock())
    return _consume("consumer", topics.TRANSACTIONS, notify.handle, settings, registry, collections)


def run_people() -> int:
    """Topic `users` -> people."""
    settings = PeopleSettings.from_env()
    registry = observe(SERVICE, "people", settings)
    collections = collections_of(settings.mongo_url, "notification-people")
    keep = KeepPeople(MongoPeople(collections))
    return _consume("people", topics.USERS, keep.handle, settings, registry, collections)


def _consume(
    process: str,
    topic_name: str,
    handle: Callable[[list[Message]], None],
    settings: ConsumerSettings | PeopleSettings,
    registry: CollectorRegistry,
    collections: Collections,
) -> int:
    name = f"notification-{process}"
    tracing.instrument_stores()
    clock = SystemClock()
    progress = Progress(clock)
    metrics = MessagingMetrics(registry)
    brokers = settings.kafka_bootstrap_servers
    topic = topics.topics()[topic_name]
    consumer = ConsumerLoop(
        brokers,
        topic.name,
        name,
        decode=partial(_decode, topic.name),
        handle=handle,
        dead_letters=Producer(brokers, name, metrics, topics=(topic.dead_letters,)),
        metrics=metrics,
        progress=progress,
        dependency_down=STORE_AWAY,
        clock=clock,
    )
    ready: dict[str, Check] = {"mongo": partial(mongo.ping, collections.client), "consumer": consumer.check}
    return run(
        name,
        consumer.run,
        host=settings.http_host,
        port=settings.http_port,
        registry=registry,
        ready=ready,
        progress=progress,
    )


def _decode(topic: str, message: Message) -> dict[str, Any]:
    return codec_for(topic).decode(message.value)
