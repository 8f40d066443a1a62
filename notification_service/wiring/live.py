"""The live streams."""

from __future__ import annotations

import secrets
from functools import partial

from flask import Flask
from pydantic import SecretStr

from notification_service.document import OPENAPI
from notification_service.hints import CHANNEL, HintListener
from notification_service.hub import Hub
from notification_service.metrics import LiveMetrics, ViewMetrics
from notification_service.presentation import View
from notification_service.routes.stream import stream_routes
from notification_service.settings import LiveSettings
from notification_service.stop_signal import on_stop_signal
from notification_service.storage.notifications import MongoNotifications
from notification_service.storage.people import MongoPeople
from notification_service.use_cases.inbox import Inbox
from notification_service.wiring.parts import SERVICE, collections_of
from service_kit import mongo, redis_store, tracing
from service_kit.auth import access_through_auth, install_access
from service_kit.clock import SystemClock
from service_kit.observability import observe
from service_kit.web import create_web_app


def live_application(settings: LiveSettings) -> Flask:
    """The live streams. Without Redis they are slower, not wrong."""
    registry = observe(SERVICE, "live", settings)
    tracing.instrument_stores()
    clock = SystemClock()
    collections = collections_of(settings.mongo_url, "notification-live")
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
    inbox = Inbox(store, MongoPeople(collections))
    view = View(ViewMetrics(registry))
    app.register_blueprint(
        stream_routes(store, inbox, view, hub, metrics, clock, page_origin=settings.notification_public_url)
    )
    HintListener(partial(redis_store.subscription, redis, CHANNEL), hub.hint).start()
    on_stop_signal(hub.stop)
    return app
