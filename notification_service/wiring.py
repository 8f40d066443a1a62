"""The only place that connects things, for every process of the service."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from flask import Flask
from prometheus_client import CollectorRegistry
from pydantic import SecretStr
from pymongo.errors import ConnectionFailure, ExecutionTimeout, WTimeoutError

from contracts import topics
from contracts.codec import codec_for
from notification_service.hints import CHANNEL, HintListener, RedisHints
from notification_service.hub import Hub
from notification_service.metrics import ConsumerMetrics, LiveMetrics, WebMetrics
from notification_service.presentation import install_filters
from notification_service.routes.alerts import alert_routes
from notification_service.routes.api import api_routes
from notification_service.routes.pages import pages
from notification_service.routes.pipeline import pipeline_routes
from notification_service.routes.stream import stream_routes
from notification_service.settings import ConsumerSettings, LiveSettings, PeopleSettings, WebSettings
from notification_service.stop_signal import on_stop_signal
from notification_service.storage.collections import Collections
from notification_service.storage.notifications import MongoNotifications
from notification_service.storage.people import MongoPeople
from notification_service.use_cases.alerts import RaiseAlerts
from notification_service.use_cases.inbox import Inbox
from notification_service.use_cases.keep_people import KeepPeople
from notification_service.use_cases.notify import Notify
from service_kit import mongo, redis_store, tracing
from service_kit.auth import access_through_auth, install_access
from service_kit.clock import SystemClock
from service_kit.health import Check
from service_kit.kafka import ConsumerLoop, Message, Producer
from service_kit.metrics import MessagingMetrics
from service_kit.observability import observe
from service_kit.process import Progress, run
from service_kit.web import create_web_app

SERVICE = "notification_service"
OPENAPI = Path(__file__).with_name("openapi.yaml")
STORE_AWAY = (ConnectionFailure, ExecutionTimeout, WTimeoutError)


def web_application(settings: WebSettings) -> Flask:
    """API, pages and Alertmanager's door. It is ready without Kafka."""
    registry = observe(SERVICE, "web", settings)
    tracing.instrument_stores()
    clock = SystemClock()
    collections = _collections(settings.mongo_url, "notification-web")
    store, people = MongoNotifications(collections), MongoPeople(collections)
    redis = redis_store.connect(settings.redis_url.get_secret_value(), "notification-web")
    inbox = Inbox(store, people, clock)
    app = create_web_app(
        SERVICE,
        settings,
        secret_key=settings.secret_key,
        registry=registry,
        readiness={"mongo": partial(mongo.ping, collections.client)},
        openapi=OPENAPI,
        connect_targets=[settings.notification_live_public_url],
    )
    access, revocations = access_through_auth(settings, redis, settings.client_id, settings.client_secret)
    install_access(app, access)
    revocations.start()
    install_filters(app, clock)
    app.register_blueprint(api_routes(inbox))
    app.register_blueprint(pipeline_routes(store))
    alerts = RaiseAlerts(store, people, RedisHints(redis), WebMetrics(registry), clock)
    app.register_blueprint(alert_routes(alerts, settings.alert_webhook_token))
    app.register_blueprint(pages(inbox, settings))
    return app


def live_application(settings: LiveSettings) -> Flask:
    """The live streams. Without Redis they are slower, not wrong."""
    registry = observe(SERVICE, "live", settings)
    tracing.instrument_stores()
    clock = SystemClock()
    collections = _collections(settings.mongo_url, "notification-live")
    store = MongoNotifications(collections)
    redis = redis_store.connect(settings.redis_url.get_secret_value(), "notification-live")
    metrics = LiveMetrics(registry)
    hub = Hub(settings.live_streams_max, settings.live_streams_per_person, metrics)
    app = create_web_app(
        SERVICE,
        settings,
        # No page here has a form, so nothing that this key signs is ever read by anybody.
        secret_key=SecretStr(secrets.token_urlsafe(32)),
        registry=registry,
        readiness={"mongo": partial(mongo.ping, collections.client)},
        openapi=OPENAPI,
    )
    access, revocations = access_through_auth(settings, redis, settings.client_id, settings.client_secret)
    install_access(app, access)
    revocations.start()
    inbox = Inbox(store, MongoPeople(collections), clock)
    app.register_blueprint(
        stream_routes(store, inbox, hub, metrics, clock, page_origin=settings.notification_public_url)
    )
    HintListener(partial(redis_store.subscription, redis, CHANNEL), hub.hint).start()
    on_stop_signal(hub.stop)
    return app


def run_consumer() -> int:
    """Topic `transactions` -> notifications."""
    settings = ConsumerSettings.from_env()
    registry = observe(SERVICE, "consumer", settings)
    collections = _collections(settings.mongo_url, "notification-consumer")
    redis = redis_store.connect(settings.redis_url.get_secret_value(), "notification-consumer")
    notify = Notify(MongoNotifications(collections), RedisHints(redis), ConsumerMetrics(registry), SystemClock())
    return _consume("consumer", topics.TRANSACTIONS, notify.handle, settings, registry, collections)


def run_people() -> int:
    """Topic `users` -> people."""
    settings = PeopleSettings.from_env()
    registry = observe(SERVICE, "people", settings)
    collections = _collections(settings.mongo_url, "notification-people")
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


def _collections(mongo_url: SecretStr, app_name: str) -> Collections:
    return Collections(mongo.connect(mongo_url.get_secret_value(), app_name))


def _decode(topic: str, message: Message) -> dict[str, Any]:
    return codec_for(topic).decode(message.value)
