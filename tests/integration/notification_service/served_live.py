"""The live process for tests: everything real but auth. Whoever says a name is that person."""

from __future__ import annotations

import os
from functools import partial

from flask import Flask
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from contracts.access_token import USER_SCOPES
from notification_service import live
from notification_service.document import OPENAPI
from notification_service.hints import CHANNEL, HintListener
from notification_service.hub import Hub
from notification_service.metrics import LiveMetrics, ViewMetrics
from notification_service.presentation import View
from notification_service.routes.stream import stream_routes
from notification_service.stop_signal import on_stop_signal
from notification_service.storage.collections import Collections
from notification_service.storage.notifications import MongoNotifications
from notification_service.storage.people import MongoPeople
from notification_service.use_cases.inbox import Inbox
from notification_service.wiring.parts import SERVICE
from service_kit import mongo, redis_store
from service_kit.auth import Access, Principal, install_access
from service_kit.clock import SystemClock
from service_kit.env import Settings
from service_kit.serve import Patience, serve
from service_kit.web import create_web_app

MOST = 20
SPARE = 4
PATIENCE = Patience(seconds=6, buffer_bytes=live.PATIENCE.buffer_bytes)


class AnyName:
    def verify(self, token: str) -> Principal:
        return Principal(token, token, ("user",), frozenset(USER_SCOPES), "s-1")


def build_app() -> Flask:
    settings, registry, clock = Settings.from_env(), CollectorRegistry(), SystemClock()
    collections = Collections(mongo.connect(os.environ["MONGO_URL"], "test-live"))
    store, metrics = MongoNotifications(collections), LiveMetrics(registry)
    hub = Hub(MOST, MOST, metrics)
    app = create_web_app(
        SERVICE, settings, secret_key=SecretStr("s" * 32), registry=registry, readiness={}, openapi=OPENAPI
    )
    install_access(app, Access(AnyName(), lambda cookie: None))
    inbox = Inbox(store, MongoPeople(collections))
    view = View(ViewMetrics(registry))
    app.register_blueprint(stream_routes(store, inbox, view, hub, metrics, clock, settings.notification_public_url))
    redis = redis_store.connect(os.environ["REDIS_URL"], "test-live")
    HintListener(partial(redis_store.subscription, redis, CHANNEL), hub.hint).start()
    on_stop_signal(hub.stop)
    return app


if __name__ == "__main__":
    serve(build_app, Settings.from_env(), threads=MOST + SPARE, patience=PATIENCE)
