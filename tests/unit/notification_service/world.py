"""The web and the live application over stores in memory: the same routes, no network."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from cryptography.fernet import Fernet
from flask import Flask
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from contracts.access_token import USER_SCOPES, Scope
from contracts.notices import REPORT_KINDS
from notification_service.document import OPENAPI
from notification_service.domain import Notification, notifications_of
from notification_service.hub import Hub
from notification_service.metrics import LiveMetrics, TellingMetrics, ViewMetrics, WebMetrics
from notification_service.ports import Person
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
from notification_service.routes.stream import stream_routes
from notification_service.routes.webhook_pages import webhook_pages
from notification_service.routes.webhooks import webhook_routes
from notification_service.settings import WebSettings
from notification_service.use_cases.alerts import RaiseAlerts
from notification_service.use_cases.choose import Choose
from notification_service.use_cases.inbox import Inbox
from notification_service.use_cases.marks import Marks
from notification_service.use_cases.outgoing import Outgoing
from notification_service.use_cases.preferences import Choosing
from notification_service.use_cases.tell import Tell
from notification_service.use_cases.webhooks import Webhooks
from notification_service.webhooks.signing import SecretBox
from notification_service.wiring.parts import SERVICE
from service_kit.auth import Access, Principal, install_access
from service_kit.errors import TokenInvalid
from service_kit.web import create_web_app
from tests.manual_clock import ManualClock
from tests.unit.notification_service.events import ANN, BOB, NOW, an_id
from tests.unit.notification_service.memory import MemoryDeliveries, MemoryNotifications, MemoryPeople, RememberedHints
from tests.unit.notification_service.memory_endpoints import MemoryEndpoints
from tests.unit.notification_service.memory_telling import MemoryPreferences

USERS = {"ann": ANN, "bob": BOB}
ADMIN_SCOPES = (*USER_SCOPES, Scope.DELIVERIES_MANAGE)
ALERT_TOKEN = "alert-webhook-token"
SETTINGS = WebSettings(
    http_port=5002,
    mongo_url=SecretStr("mongodb://nowhere/notification"),
    redis_url=SecretStr("redis://nowhere"),
    secret_key=SecretStr("x" * 32),
    client_secret=SecretStr("x"),
    alert_webhook_token=SecretStr(ALERT_TOKEN),
    webhook_secrets_key=SecretStr(Fernet.generate_key().decode()),
    prometheus_public_url="http://localhost:9090",
    grafana_public_url="http://localhost:3000",
)


class Doors:
    """Tokens and cookies are usernames; `ann!pipeline` and `ann!notices` are services' tokens, `ann!admin` an admin's
    token or cookie.
    Whoever is in `ended` has no session."""

    def __init__(self) -> None:
        self.ended: set[str] = set()

    def verify(self, token: str) -> Principal:
        name, _, more = token.partition("!")
        if name not in USERS or name in self.ended:
            raise TokenInvalid
        scopes = {
            "": USER_SCOPES,
            "pipeline": (Scope.PIPELINE_READ,),
            "notices": (Scope.NOTICES_WRITE,),
            "admin": ADMIN_SCOPES,
        }[more]
        roles = ("user", "admin") if more == "admin" else ("user",)
        return Principal(USERS[name], name, roles, frozenset(scopes), "s-1")

    def read(self, cookie: str) -> Principal | None:
        name, _, more = cookie.partition("!")
        known = name in USERS and name not in self.ended
        roles = ("user", more) if more else ("user",)
        # Whoever it is: as `service_kit.sessions.SessionReader` makes it.
        return Principal(USERS[name], name, roles, frozenset(USER_SCOPES), "s-1") if known else None


class World:
    """Both applications, and everything they have to do with, open for inspection."""

    def __init__(self, most: int = 3, most_per_person: int = 2) -> None:
        self.clock = ManualClock(NOW)
        self.store, self.people, self.hints = MemoryNotifications(), MemoryPeople(), RememberedHints()
        self.deliveries = MemoryDeliveries()
        self.registry = CollectorRegistry()
        self.live_metrics = LiveMetrics(self.registry)
        self.hub = Hub(most, most_per_person, self.live_metrics)
        self.doors = Doors()
        self.inbox = Inbox(self.store, self.people)
        self.view = View(ViewMetrics(self.registry))
        self.marks = Marks(self.store, self.hints, self.clock)
        self.endpoints, self.deliveries = MemoryEndpoints(), MemoryDeliveries()
        self.preferences = MemoryPreferences()
        self.choosing = Choosing(self.preferences, self.store, self.clock)
        self.box = SecretBox(SETTINGS.webhook_secrets_key)
        ids = itertools.count(0x1000)
        choose = Choose(self.people, self.endpoints, self.clock)
        telling = TellingMetrics(self.registry, REPORT_KINDS)
        self.tell = Tell(self.store, self.deliveries, self.preferences, choose, self.hints, telling, self.clock)
        self.notices: list[Notification] = []
        self.webhooks = Webhooks(
            self.endpoints,
            self.deliveries,
            self.store,
            self.box.new,
            self.box.show,
            lambda: an_id(next(ids)),
            (),
            self._notice,
            self.clock,
        )

    def _notice(self, notice: Notification) -> None:
        self.notices.append(notice)
        self.store.add([notice], self.clock.now(), self.clock.now())

    def told(self, *events: dict) -> None:
        """The consumer has been here."""
        for event in events:
            self.store.add(notifications_of(event), self.clock.now(), self.clock.now())

    def known(self, user_id: str, username: str, roles: Sequence[str] = ("user",)) -> None:
        """Topic `users` has been read."""
        self.people.keep([Person(user_id, username, tuple(roles), self.clock.now())])

    def web(self) -> Flask:
        """As wiring makes it."""
        app = self._app(connect_targets=[SETTINGS.notification_live_public_url])
        install_filters(app, self.clock, self.inbox, self.view)
        app.register_blueprint(api_routes(self.inbox, self.marks, self.view))
        app.register_blueprint(pipeline_routes(self.store, self.deliveries))
        app.register_blueprint(notice_routes(lambda notice: self.tell.tell([(notice, None)], self.clock.now())))
        places = Places(SETTINGS.monitoring_public_url, SETTINGS.grafana_public_url)
        alerts = RaiseAlerts(self.store, self.people, self.hints, WebMetrics(self.registry), self.clock)
        app.register_blueprint(alert_routes(alerts, SETTINGS.alert_webhook_token, places))
        app.register_blueprint(pages(self.inbox, self.marks, SETTINGS))
        app.register_blueprint(preference_routes(self.choosing))
        app.register_blueprint(settings_page(self.choosing, SETTINGS))
        app.register_blueprint(webhook_routes(self.webhooks, self.clock))
        app.register_blueprint(webhook_pages(self.webhooks, SETTINGS, self.clock))
        outgoing = Outgoing(self.deliveries, self.clock)
        app.register_blueprint(delivery_routes(outgoing))
        app.register_blueprint(delivery_pages(outgoing, self.people, SETTINGS))
        return app

    def live(self) -> Flask:
        """As wiring makes it."""
        app = self._app()
        routes = stream_routes(
            self.store,
            self.inbox,
            self.view,
            self.hub,
            self.live_metrics,
            self.clock,
            page_origin=SETTINGS.notification_public_url,
        )
        app.register_blueprint(routes)
        return app

    def metric(self, name: str, **labels: str) -> float:
        value = self.registry.get_sample_value(name, labels)
        assert value is not None, name
        return value

    def _app(self, connect_targets: Sequence[str] = ()) -> Flask:
        app = create_web_app(
            SERVICE,
            SETTINGS,
            secret_key=SETTINGS.secret_key,
            registry=CollectorRegistry(),
            readiness={},
            openapi=OPENAPI,
            connect_targets=connect_targets,
        )
        install_access(app, Access(self.doors, self.doors.read))
        return app
