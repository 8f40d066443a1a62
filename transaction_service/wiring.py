"""The only place that connects things, for every process of the service."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial

from flask import Flask
from prometheus_client import CollectorRegistry
from pydantic import SecretStr
from pymongo.errors import PyMongoError
from uuid_utils import uuid7

from contracts import topics
from contracts.codec import codec_for
from service_kit import mongo, redis_store, tracing
from service_kit.auth import access_through_auth, install_access
from service_kit.clock import SystemClock
from service_kit.env import Settings
from service_kit.kafka import ConsumerLoop, Message, Producer
from service_kit.metrics import MessagingMetrics
from service_kit.observability import observe
from service_kit.process import Progress, StopSignal, run
from service_kit.web import create_web_app
from transaction_service.closing import CLOSED, AccountCloser
from transaction_service.due import DueLoop
from transaction_service.inbox import Inbox
from transaction_service.ledger import Writer
from transaction_service.ledger_client import LedgerClient, LedgerUnavailable
from transaction_service.metrics import DueMetrics, LedgerMetrics, RelayMetrics, WebMetrics
from transaction_service.presentation import install_filters
from transaction_service.publishing import BATCH_MAX
from transaction_service.relay import Relay
from transaction_service.republisher import Republisher
from transaction_service.routes.api import UseCases, api_routes
from transaction_service.routes.document import OPENAPI, operations
from transaction_service.routes.pages import pages
from transaction_service.routes.read_bound import ReadBound
from transaction_service.settings import LedgerSettings, RelaySettings, WebSettings, WorkerSettings
from transaction_service.storage.collections import Collections
from transaction_service.storage.contacts import MongoContacts, MongoLookups, MongoPayees
from transaction_service.storage.cursor import MongoCursor
from transaction_service.storage.due import MongoDueTransfers
from transaction_service.storage.history import MongoHistory, MongoMoments, MongoStatements
from transaction_service.storage.lease import PUBLISHING, LeaseKeeper
from transaction_service.storage.ledger import MongoLedger
from transaction_service.storage.reading import MongoReader
from transaction_service.storage.republications import MongoRepublications
from transaction_service.store_watch import StoreWatch
from transaction_service.topic_tail import positions_after
from transaction_service.use_cases import Accounts, Cash, Contacts, Histories, Republications, Transfers, World
from transaction_service.worker import AccountOpener

SERVICE = "transaction_service"
WORKER_GROUP = "transaction-worker"
READ_SECONDS = 1.25
"""People are told within two seconds that nothing can be read right now, on a busy machine too."""


def web_application(settings: WebSettings) -> Flask:
    """API and pages. It is ready without Kafka: what it does never waits for the topic."""
    registry = observe(SERVICE, "web", settings)
    tracing.instrument_stores()
    collections = _collections(settings.mongo_url, "transaction-web", timeout_seconds=READ_SECONDS)
    store = StoreWatch(partial(mongo.ping, collections.client))
    store.start()
    ledger = LedgerClient(settings.endpoints, settings.curve, require_store=store.require)
    reader = MongoReader(collections)
    world = World(ledger, _new_id)
    use_cases = UseCases(
        transfers=Transfers(ledger, _new_id, _now),
        cash=Cash(ledger, world, _new_id),
        accounts=Accounts(ledger, reader, world, _new_id, _now),
        histories=Histories(reader, MongoHistory(collections), MongoStatements(collections), MongoMoments(collections)),
        contacts=Contacts(
            MongoContacts(collections),
            MongoPayees(collections),
            MongoLookups(collections),
            WebMetrics(registry),
            _now,
        ),
        republications=Republications(MongoRepublications(collections), MongoCursor(collections), _now),
        step_up_from=settings.step_up_minor_units,
    )
    app = create_web_app(
        SERVICE,
        settings,
        secret_key=settings.secret_key,
        registry=registry,
        readiness={"mongo": partial(mongo.ping, collections.client), "ledger": ledger.check},
        openapi=OPENAPI,
    )
    redis = redis_store.connect(settings.redis_url.get_secret_value(), "transaction-web")
    bound = ReadBound(store.require, READ_SECONDS)
    access, revocations = access_through_auth(
        settings, redis, settings.client_id, settings.client_secret, before_asking=bound.require
    )
    install_access(app, access)
    revocations.start()
    install_filters(app)
    app.register_blueprint(api_routes(operations(), use_cases, reader, _now, bound))
    screens = pages(use_cases, settings, _new_id, _now)
    bound.hold(screens)
    app.register_blueprint(screens)
    return app


def run_ledger() -> int:
    """The writer, or its standby."""
    settings = LedgerSettings.from_env()
    registry = observe(SERVICE, "ledger", settings)
    collections = _collections(settings.mongo_url, "transaction-ledger")
    progress = Progress(SystemClock())
    writer = Writer(
        keeper=LeaseKeeper(collections, _holder(), time.monotonic),
        ledger=MongoLedger(collections),
        open_inbox=lambda: Inbox(settings.ledger_bind, settings.curve),
        now=_now,
        metrics=LedgerMetrics(registry, settings.sign_up_grant_currency),
        progress=progress,
        fail_points=settings.fail_points,
    )
    return _run("ledger", settings, registry, writer.run, progress, {"mongo": writer.check})


def run_relay() -> int:
    """Journal -> topic, or the standby."""
    settings = RelaySettings.from_env()
    registry = observe(SERVICE, "relay", settings)
    collections = _collections(settings.mongo_url, "transaction-relay")
    brokers = settings.kafka_bootstrap_servers
    progress = Progress(SystemClock())
    journal, metrics = MongoReader(collections), RelayMetrics(registry)
    producer = Producer(brokers, "transaction-relay", MessagingMetrics(registry), topics=(topics.TRANSACTIONS,))
    republisher = Republisher(MongoRepublications(collections), journal, producer, metrics, time.monotonic)
    relay = Relay(
        keeper=LeaseKeeper(collections, _holder(), time.monotonic, PUBLISHING),
        journal=journal,
        cursor=MongoCursor(collections),
        producer=producer,
        published_after=partial(_published_after, brokers),
        republish=republisher.turn,
        metrics=metrics,
        progress=progress,
        fail_points=settings.fail_points,
    )
    return _run("relay", settings, registry, relay.run, progress, {"publishing": relay.check})


def run_worker() -> int:
    """Topic `users` -> accounts and grants; and what falls due by itself."""
    settings = WorkerSettings.from_env()
    registry = observe(SERVICE, "worker", settings)
    metrics = MessagingMetrics(registry)
    clock = SystemClock()
    progress = Progress(clock)
    ledger = LedgerClient(settings.endpoints, settings.curve)
    opener = AccountOpener(ledger, settings.sign_up_grant_minor_units, settings.sign_up_grant_currency, new_id=_new_id)
    collections = _collections(settings.mongo_url, "transaction-worker")
    closer = AccountCloser(ledger, MongoReader(collections).accounts_of, MongoContacts(collections).forget)

    def handle(messages: Sequence[Message]) -> None:
        """Who joins and leaves within one batch has an account first."""
        left = [message for message in messages if message.event["type"] == CLOSED]
        opener.handle([message for message in messages if message not in left])
        closer.handle(left)

    users = topics.topics()[topics.USERS]
    consumer = ConsumerLoop(
        settings.kafka_bootstrap_servers,
        users.name,
        WORKER_GROUP,
        decode=_decode_user,
        handle=handle,
        dead_letters=Producer(
            settings.kafka_bootstrap_servers, "transaction-worker", metrics, topics=(users.dead_letters,)
        ),
        metrics=metrics,
        progress=progress,
        dependency_down=(LedgerUnavailable, PyMongoError),
        clock=clock,
        fail_points=settings.fail_points,
    )
    due_progress = Progress(clock)
    due = DueLoop(
        ledger,
        MongoDueTransfers(collections),
        DueMetrics(registry),
        due_progress,
        _now,
    )

    def loop(stop: StopSignal) -> None:
        due.start(stop)
        consumer.run(stop)

    ready = {"ledger": ledger.check, "consumer": consumer.check, "due": due_progress.check}
    return _run("worker", settings, registry, loop, progress, ready)


def _run(
    process: str,
    settings: Settings,
    registry: CollectorRegistry,
    loop: Callable[[StopSignal], None],
    progress: Progress,
    ready: dict[str, Callable[[], None]],
) -> int:
    return run(
        f"transaction-{process}",
        loop,
        host=settings.http_host,
        port=settings.http_port,
        registry=registry,
        ready=ready,
        progress=progress,
    )


def _collections(mongo_url: SecretStr, app_name: str, timeout_seconds: float | None = None) -> Collections:
    return Collections(mongo.connect(mongo_url.get_secret_value(), app_name, timeout_seconds=timeout_seconds))


def _holder() -> str:
    """Unique to this run of this process."""
    return f"{socket.gethostname()}/{os.getpid()}/{_new_id()}"


def _published_after(brokers: str, cursor: int) -> set[int]:
    return positions_after(brokers, topics.TRANSACTIONS, cursor, BATCH_MAX)


def _decode_user(message: Message) -> dict[str, object]:
    return codec_for(topics.USERS).decode(message.value)


def _now() -> datetime:
    """UTC, to the millisecond that MongoDB keeps."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def _new_id() -> str:
    """A UUID of version 7: unique, and in the order of time."""
    return str(uuid7())
