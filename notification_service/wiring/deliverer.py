"""The deliverer process."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from prometheus_client import CollectorRegistry

from contracts.notices import Kind
from notification_service.delivering import Deliverer
from notification_service.domain import Channel, Notification
from notification_service.hints import RedisHints
from notification_service.lanes import Lanes
from notification_service.mail.carrier import MailCarrier
from notification_service.mail.letters import LetterWriter, Places
from notification_service.metrics import DeliveryMetrics, TellingMetrics, WebhookMetrics
from notification_service.ports import Carrier
from notification_service.settings import DelivererSettings
from notification_service.storage.collections import Collections
from notification_service.storage.deliveries import MongoDeliveries
from notification_service.storage.endpoints import MongoEndpoints
from notification_service.storage.people import MongoPeople
from notification_service.use_cases.deliver import Deliver
from notification_service.webhooks.carrier import WebhookCarrier
from notification_service.webhooks.posting import WebhookClient
from notification_service.webhooks.signing import SecretBox
from notification_service.wiring.parts import SERVICE, collections_of, tell_of
from service_kit import mongo, redis_store, tracing
from service_kit.clock import Clock, SystemClock
from service_kit.observability import observe
from service_kit.process import Progress, run
from service_kit.smtp import SmtpPost

NAME = "notification-deliverer"


def run_deliverer() -> int:
    """Orders -> e-mail and webhooks, until told to stop; the exit code."""
    settings = DelivererSettings.from_env()
    registry = observe(SERVICE, "deliverer", settings)
    tracing.instrument_stores()
    clock = SystemClock()
    collections = collections_of(settings.mongo_url, NAME)
    store = MongoDeliveries(collections, kept=timedelta(days=settings.delivery_log_days))
    metrics = DeliveryMetrics(registry)
    carriers: dict[Channel, Carrier] = {
        Channel.EMAIL: _mail(settings, collections, clock),
        Channel.WEBHOOK: _webhooks(settings, collections, registry, clock),
    }
    deliver = Deliver(store, carriers, settings.patience, metrics, clock)
    progress = Progress(clock)
    deliverer = Deliverer(
        store,
        deliver.attempt,
        Lanes(settings.deliveries_at_once_per_target, settings.deliveries_at_once, clock),
        metrics,
        progress,
        clock,
        threads=settings.deliveries_at_once,
        age=settings.patience.age,
        mended=MongoEndpoints(collections).mended,
    )
    return run(
        NAME,
        deliverer.run,
        host=settings.http_host,
        port=settings.http_port,
        registry=registry,
        # Not the mail server: without it the webhooks go, and the other way round.
        ready={"mongo": partial(mongo.ping, collections.client)},
        progress=progress,
    )


def _mail(settings: DelivererSettings, collections: Collections, clock: Clock) -> MailCarrier:
    places = Places(
        settings.notification_public_url,
        settings.transaction_public_url,
        settings.auth_public_url,
        settings.analytics_public_url,
    )
    write = LetterWriter(settings.mail_from, places, clock.now)
    post = SmtpPost(settings.mail_server, clock)
    return MailCarrier(MongoPeople(collections), write, post)


def _webhooks(
    settings: DelivererSettings, collections: Collections, registry: CollectorRegistry, clock: Clock
) -> WebhookCarrier:
    private = settings.webhook_private_targets
    redis = redis_store.connect(settings.redis_url.get_secret_value(), NAME)
    metrics = TellingMetrics(registry, [Kind.WEBHOOK_DISABLED])
    tell = tell_of(collections, RedisHints(redis), metrics, clock, settings.inbox_retention_days)

    def notify(notice: Notification) -> None:
        tell.tell([(notice, None)], clock.now())

    return WebhookCarrier(
        MongoEndpoints(collections),
        MongoPeople(collections),
        WebhookClient(private, clock),
        SecretBox(settings.webhook_secrets_key),
        private,
        notify,
        WebhookMetrics(registry),
        clock,
    )
