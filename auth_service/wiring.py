"""The only place that connects auth's parts, for every process of the service."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from prometheus_client import CollectorRegistry
from pymongo import MongoClient
from uuid_utils import uuid7

from auth_service import storage, whence
from auth_service.assembly import Auth, Stores, Tools, assemble
from auth_service.authenticator import Authenticator
from auth_service.challenges import Challenges
from auth_service.devices import Devices
from auth_service.heartbeat import Heartbeat
from auth_service.key_rotation import KeyRotation
from auth_service.keyring import Keyring
from auth_service.letters import LetterWriter
from auth_service.mailing import Mailer
from auth_service.metrics import DOORS, AuthMetrics, MailerMetrics, RelayMetrics
from auth_service.passwords import Argon2Passwords
from auth_service.payment_accounts import TransactionService
from auth_service.publishing import Relay
from auth_service.redis_attempts import RedisAttempts
from auth_service.redis_cache import RedisSessionCache
from auth_service.settings import MailerSettings, RelaySettings, WebSettings
from auth_service.signing import new_signing_key, seal
from auth_service.use_cases import RotateKeys
from contracts.topics import USERS
from service_kit import mongo, redis_store
from service_kit.auth_client import http_client
from service_kit.clock import Clock, SystemClock
from service_kit.health import Check
from service_kit.kafka import Producer
from service_kit.metrics import MessagingMetrics
from service_kit.mongo import MongoDocument
from service_kit.process import Progress
from service_kit.smtp import SmtpPost
from service_kit.tracing import current_traceparent

SERVICE = "auth_service"


def new_id() -> str:
    """A UUID 7: unique, and in the order of time, which keeps indexes compact and the outbox in order."""
    return str(uuid7())


def connect(settings: WebSettings, registry: CollectorRegistry) -> tuple[Auth, MongoClient[MongoDocument]]:
    """The web process: the real stores (none is asked for anything yet) behind the use cases."""
    client = mongo.connect(settings.mongo_url.get_secret_value(), "auth-web")
    redis = redis_store.connect(settings.redis_url.get_secret_value(), "auth-web")
    db, clock, metrics = storage.database(client), SystemClock(), AuthMetrics(registry)
    keys = Keyring(storage.MongoSealedKeys(db).all, settings.signing_key_secret, clock)
    stores = Stores(
        users=storage.MongoUsers(db),
        sessions=storage.MongoSessions(db),
        credentials=storage.MongoCredentials(db),
        email_changes=storage.MongoEmailChanges(db),
        refresh_tokens=storage.MongoRefreshTokens(db),
        clients=storage.MongoClients(db),
        orders=storage.MongoMailOrders(db),
        factors=storage.MongoSecondFactors(db),
        trail=storage.MongoTrail(db),
        attempts=RedisAttempts(redis, storage.MongoAttempts(db)),
        cache=RedisSessionCache(redis),
        keys=keys,
    )
    tools = Tools(
        passwords=Argon2Passwords(metrics.password_hash_seconds),
        client_secrets=Argon2Passwords(metrics.password_hash_seconds, at_once=1),
        authenticator=Authenticator(settings.signing_key_secret),
        challenges=Challenges(settings.secret_key, clock),
        devices=Devices(settings.secret_key),
        payments=TransactionService(http_client(), settings.transaction_url, keys, clock, new_id),
        shared=settings.shared_networks,
        clock=clock,
        metrics=metrics,
        whence=whence.of_request,
        new_id=new_id,
        traceparent=current_traceparent,
        api_limits=settings.api_limits,
    )
    return assemble(stores, tools), client


@dataclass(frozen=True)
class RelayParts:
    """What `auth_service.relay` runs."""

    relay: Relay
    heartbeat: Heartbeat
    key_rotation: KeyRotation
    ready: dict[str, Check]


def connect_relay(settings: RelaySettings, registry: CollectorRegistry) -> RelayParts:
    """The relay process over the real stores."""
    client = mongo.connect(settings.mongo_url.get_secret_value(), "auth-relay")
    redis = redis_store.connect(settings.redis_url.get_secret_value(), "auth-relay")
    db = storage.database(client)
    clock, metrics, sessions = SystemClock(), RelayMetrics(registry), storage.MongoSessions(db)
    outbox = storage.MongoOutbox(db)
    producer = Producer(settings.kafka_bootstrap_servers, "auth-relay", MessagingMetrics(registry), topics=(USERS,))
    measure = partial(_measure, outbox, sessions, metrics, clock)
    relay = Relay(outbox, producer.send_all, metrics, Progress(clock), clock, measure)
    heartbeat = Heartbeat(sessions.ended_since, RedisSessionCache(redis), metrics, clock)
    keys = storage.MongoSealedKeys(db)
    rotate = RotateKeys(keys, new_signing_key, partial(seal, secret=settings.signing_key_secret), clock)
    rotation = KeyRotation(rotate, keys, timedelta(days=settings.key_rotation_days), metrics, clock)
    ready: dict[str, Check] = {
        "mongo": partial(mongo.ping, client),
        "kafka": producer.check,
        "heartbeat": heartbeat.check,
    }
    return RelayParts(relay, heartbeat, rotation, ready)


@dataclass(frozen=True)
class MailerParts:
    """What `auth_service.mailer` runs."""

    mailer: Mailer
    ready: dict[str, Check]


def connect_mailer(settings: MailerSettings, registry: CollectorRegistry) -> MailerParts:
    """The mailer process over the real store and mail server."""
    client = mongo.connect(settings.mongo_url.get_secret_value(), "auth-mailer")
    db = storage.database(client)
    clock, metrics, orders = SystemClock(), MailerMetrics(registry), storage.MongoMailOrders(db)
    post = SmtpPost(settings.mail_server, clock)
    write = LetterWriter(settings.mail_from, settings.auth_public_url, clock.now)
    measure = partial(_measure_mail, orders, metrics, clock)
    mailer = Mailer(orders, storage.MongoUsers(db), write, post, metrics, Progress(clock), clock, measure)
    return MailerParts(mailer, {"mongo": partial(mongo.ping, client), "mail_server": post.check})


def _measure_mail(orders: storage.MongoMailOrders, metrics: MailerMetrics, clock: Clock) -> None:
    depth, oldest = orders.depth_and_oldest()
    metrics.depth.set(depth)
    metrics.oldest.set(max(0.0, (clock.now() - oldest).total_seconds()) if oldest else 0.0)


def _measure(outbox: storage.MongoOutbox, sessions: storage.MongoSessions, metrics: RelayMetrics, clock: Clock) -> None:
    """Refresh the gauges from MongoDB."""
    now = clock.now()
    depth, oldest = outbox.depth_and_oldest()
    metrics.outbox_depth.set(depth)
    metrics.outbox_oldest.set(max(0.0, (now - oldest).total_seconds()) if oldest else 0.0)
    counts = sessions.open_count(now)
    for door in DOORS:
        metrics.open_sessions.labels(door).set(counts.get(door, 0))
