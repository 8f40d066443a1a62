"""The only place that connects auth's parts, for every process of the service."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from prometheus_client import CollectorRegistry
from pymongo import MongoClient
from uuid_utils import uuid7

from auth_service import storage, whence
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
from auth_service.ports import Sessions, SigningKeys, Trail, Users
from auth_service.publishing import Relay
from auth_service.redis_attempts import RedisAttempts
from auth_service.redis_cache import RedisSessionCache
from auth_service.settings import MailerSettings, RelaySettings, WebSettings
from auth_service.signing import new_signing_key, seal
from auth_service.use_cases import (
    Administer,
    ChangeEmail,
    ChangePassword,
    CloseAccount,
    ConfirmEmail,
    Guard,
    Introspect,
    IssueServiceToken,
    LogIn,
    LogOut,
    ManageSecondFactor,
    PasswordTold,
    Proof,
    Refresh,
    ResetPassword,
    Revoke,
    RotateKeys,
    SecondStep,
    SessionTokens,
    SignUp,
    StepUp,
    Trails,
)
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


@dataclass(frozen=True)
class Auth:
    """What the routes use."""

    sign_up: SignUp
    confirm_email: ConfirmEmail
    change_email: ChangeEmail
    change_password: ChangePassword
    reset_password: ResetPassword
    log_in: LogIn
    refresh: Refresh
    log_out: LogOut
    revoke: Revoke
    administer: Administer
    close_account: CloseAccount
    introspect: Introspect
    issue_service_token: IssueServiceToken
    users: Users
    sessions: Sessions
    keys: SigningKeys
    trail: Trail
    authenticator: Authenticator
    second_step: SecondStep
    second_factor: ManageSecondFactor
    step_up: StepUp


def connect(settings: WebSettings, registry: CollectorRegistry) -> tuple[Auth, MongoClient[MongoDocument]]:
    """The web process: the real stores (none is asked for anything yet) behind the use cases."""
    client = mongo.connect(settings.mongo_url.get_secret_value(), "auth-web")
    redis = redis_store.connect(settings.redis_url.get_secret_value(), "auth-web")
    db = storage.database(client)
    clock, metrics = SystemClock(), AuthMetrics(registry)
    users, sessions, clients = storage.MongoUsers(db), storage.MongoSessions(db), storage.MongoClients(db)
    credentials, orders = storage.MongoCredentials(db), storage.MongoMailOrders(db)
    keys = Keyring(storage.MongoSealedKeys(db).all, settings.signing_key_secret, clock)
    cache = RedisSessionCache(redis)
    passwords = Argon2Passwords(metrics.password_hash_seconds)
    # A place of their own: a flood of log-ins must not keep the services from their tokens.
    client_secrets = Argon2Passwords(metrics.password_hash_seconds, at_once=1)
    refresh_tokens = storage.MongoRefreshTokens(db)
    tokens = SessionTokens(refresh_tokens, keys, new_id)
    trail = storage.MongoTrail(db)
    trails = Trails(trail, whence.of_request)
    attempts = RedisAttempts(redis, storage.MongoAttempts(db))
    guard = Guard(attempts, Devices(settings.secret_key), settings.shared_networks, clock, new_id, metrics)
    log_out = LogOut(sessions, cache, clock, metrics, trails)
    proof = Proof(passwords, guard, clock, trails)
    told = PasswordTold(new_id, current_traceparent, trails)
    authenticator, factors = Authenticator(settings.signing_key_secret), storage.MongoSecondFactors(db)
    challenges = Challenges(settings.secret_key, clock)
    second_step = SecondStep(
        factors, users, authenticator, challenges, guard, clock, new_id, current_traceparent, metrics, trails
    )
    payments = TransactionService(http_client(), settings.transaction_url, keys, clock, new_id)
    step_up = StepUp(sessions, second_step, cache, tokens, trails, clock)
    auth = Auth(
        sign_up=SignUp(users, passwords, clock, new_id, current_traceparent, metrics, trails, guard.sign_up),
        log_in=LogIn(
            users,
            sessions,
            passwords,
            tokens,
            cache,
            clock,
            new_id,
            metrics,
            trails,
            guard,
            second_step,
            current_traceparent,
            api_limits=settings.api_limits,
        ),
        refresh=Refresh(
            refresh_tokens, sessions, users, tokens, cache, clock, new_id, current_traceparent, metrics, trails
        ),
        log_out=log_out,
        revoke=Revoke(keys, refresh_tokens, log_out),
        confirm_email=ConfirmEmail(
            users,
            credentials,
            orders,
            cache,
            clock,
            new_id,
            current_traceparent,
            metrics,
            trails,
            guard.confirmation,
        ),
        change_email=ChangeEmail(
            users,
            credentials,
            storage.MongoEmailChanges(db),
            proof,
            cache,
            clock,
            new_id,
            current_traceparent,
            metrics,
            trails,
        ),
        change_password=ChangePassword(users, credentials, passwords, proof, step_up, log_out, told, clock, metrics),
        reset_password=ResetPassword(
            users,
            credentials,
            orders,
            passwords,
            log_out,
            told,
            clock,
            new_id,
            current_traceparent,
            metrics,
            guard,
            second_step,
        ),
        introspect=Introspect(sessions, refresh_tokens, clients, keys, cache, clock),
        issue_service_token=IssueServiceToken(clients, client_secrets, keys, clock, new_id, guard),
        administer=Administer(users, log_out, clock, new_id, current_traceparent, trails, metrics),
        close_account=CloseAccount(users, proof, payments, log_out, clock, new_id, current_traceparent, metrics),
        users=users,
        sessions=sessions,
        keys=keys,
        trail=trail,
        authenticator=authenticator,
        second_step=second_step,
        second_factor=ManageSecondFactor(
            factors,
            second_step,
            proof,
            authenticator,
            guard,
            clock,
            new_id,
            current_traceparent,
            trails,
            step_up,
            log_out,
        ),
        step_up=step_up,
    )
    return auth, client


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
