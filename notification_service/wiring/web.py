"""The web process: API, pages and Alertmanager's door."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from flask import Flask
from uuid_utils import uuid7

from contracts.notices import REPORT_KINDS, WEBHOOK_KINDS
from notification_service.document import OPENAPI
from notification_service.domain import Notification
from notification_service.hints import RedisHints
from notification_service.metrics import TellingMetrics, ViewMetrics, WebMetrics
from notification_service.ports import Notifications
from notification_service.presentation import View, install_filters
from notification_service.routes.alerts import Places, alert_routes
from notification_service.routes.api import api_routes
from notification_service.routes.deliveries import delivery_routes
from notification_service.routes.delivery_pages import delivery_pages
from notification_service.routes.notices import notice_routes
from notification_service.routes.pages import pages
from notification_service.routes.pipeline import pipeline_routes
from notification_service.routes.preferences import preference_routes
from notification_service.routes.settings_page import settings_page
from notification_service.routes.webhook_pages import webhook_pages
from notification_service.routes.webhooks import webhook_routes
from notification_service.settings import WebSettings
from notification_service.storage.collections import Collections
from notification_service.storage.deliveries import MongoDeliveries
from notification_service.storage.endpoints import MongoEndpoints
from notification_service.storage.notifications import MongoNotifications
from notification_service.storage.people import MongoPeople
from notification_service.storage.preferences import MongoPreferences
from notification_service.use_cases.alerts import RaiseAlerts
from notification_service.use_cases.inbox import Inbox
from notification_service.use_cases.marks import Marks
from notification_service.use_cases.outgoing import Outgoing
from notification_service.use_cases.preferences import Choosing
from notification_service.use_cases.tell import Tell
from notification_service.use_cases.webhooks import Webhooks
from notification_service.webhooks.signing import SecretBox
from notification_service.wiring.parts import SERVICE, collections_of, tell_of
from service_kit import mongo, redis_store, tracing
from service_kit.auth import access_through_auth, install_access
from service_kit.clock import Clock, SystemClock
from service_kit.observability import observe
from service_kit.tracing import current_traceparent
from service_kit.web import create_web_app


def web_application(settings: WebSettings) -> Flask:
    """API, pages and Alertmanager's door. It is ready without Kafka."""
    registry = observe(SERVICE, "web", settings)
    tracing.instrument_stores()
    clock = SystemClock()
    collections = collections_of(settings.mongo_url, "notification-web")
    store = MongoNotifications(collections, timedelta(days=settings.inbox_retention_days))
    people = MongoPeople(collections)
    redis = redis_store.connect(settings.redis_url.get_secret_value(), "notification-web")
    inbox, hints = Inbox(store, people), RedisHints(redis)
    marks = Marks(store, hints, clock)
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
    view = View(ViewMetrics(registry))
    install_filters(app, clock, inbox, view)
    app.register_blueprint(api_routes(inbox, marks, view))
    app.register_blueprint(pipeline_routes(store, MongoDeliveries(collections)))
    places = Places(settings.monitoring_public_url, settings.grafana_public_url)
    alerts = RaiseAlerts(store, people, hints, WebMetrics(registry), clock)
    app.register_blueprint(alert_routes(alerts, settings.alert_webhook_token, places))
    app.register_blueprint(pages(inbox, marks, settings))
    choosing = Choosing(MongoPreferences(collections), store, clock)
    app.register_blueprint(preference_routes(choosing))
    app.register_blueprint(settings_page(choosing, settings))
    telling = TellingMetrics(registry, WEBHOOK_KINDS | REPORT_KINDS)
    tell = tell_of(collections, hints, telling, clock, settings.inbox_retention_days)
    app.register_blueprint(notice_routes(partial(_tell_one, tell, clock)))
    webhooks = _webhooks(collections, store, settings, tell, clock)
    app.register_blueprint(webhook_routes(webhooks, clock))
    app.register_blueprint(webhook_pages(webhooks, settings, clock))
    outgoing = Outgoing(MongoDeliveries(collections), clock)
    app.register_blueprint(delivery_routes(outgoing))
    app.register_blueprint(delivery_pages(outgoing, people, settings))
    return app


def _tell_one(tell: Tell, clock: Clock, notice: Notification) -> None:
    tell.tell([(notice, current_traceparent())], clock.now())


def _webhooks(
    collections: Collections, store: Notifications, settings: WebSettings, tell: Tell, clock: Clock
) -> Webhooks:
    box = SecretBox(settings.webhook_secrets_key)
    return Webhooks(
        MongoEndpoints(collections),
        MongoDeliveries(collections),
        store,
        box.new,
        box.show,
        lambda: str(uuid7()),
        settings.webhook_private_targets,
        partial(_tell_one, tell, clock),
        clock,
    )
