"""The web application over sources in memory, each of which can be taken away."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from flask import Flask
from flask.testing import FlaskClient
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from contracts.access_token import USER_SCOPES, Scope
from contracts.session import COOKIE_NAME
from monitoring import wiring
from monitoring.alertmanager_api import Alert
from monitoring.asking import Asker, SourceAway
from monitoring.journey.journeys import Journeys
from monitoring.journey.stages import Decided, Finding, Sending, State, Transfer
from monitoring.presentation import install_filters
from monitoring.prometheus_api import Sample, Series
from monitoring.routes.api import api_routes
from monitoring.routes.pages import pages
from monitoring.runbooks import Runbooks
from monitoring.settings import WebSettings
from monitoring.status import incidents
from monitoring.status.board import Board
from monitoring.status.figures import TAG
from monitoring.status.results import Audit, Breach, Minute, Probe
from service_kit.auth import Access, install_access
from service_kit.charts import install_charts
from service_kit.errors import TokenInvalid
from service_kit.principal import Principal
from service_kit.web import create_web_app
from tests.manual_clock import ManualClock

SETTINGS = WebSettings(
    http_port=5004,
    mongo_url=SecretStr("mongodb://nowhere/monitoring"),
    redis_url=SecretStr("redis://nowhere"),
    secret_key=SecretStr("x" * 32),
    client_secret=SecretStr("x"),
    kafka_bootstrap_servers="nowhere:1",
    zookeeper_address="nowhere:1",
    prometheus_url="http://nowhere:1",
    alertmanager_url="http://nowhere:1",
)
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
DECIDED_AFTER = timedelta(milliseconds=4)
ACCOUNT = "5f2e3f3c-53f5-5a38-9f5e-0b4c3e0b9d11"
ALL_IS_WELL = {
    "requests": 132,
    "available": 1.0,
    "quick": 0.998,
    "notified_in_time": 1.0,
    "in_lake_in_time": 1.0,
    "answered_p50": 0.012,
    "answered_p99": 0.048,
}


def calculated(name: str, value: float | None) -> Sample:
    return Sample({TAG: name}, value)


def gauge(name: str, value: float, **labels: str) -> Sample:
    return Sample({"__name__": name, **labels}, value)


def samples(**changed: float | None) -> list[Sample]:
    """What Prometheus says when all is well, but for `changed`."""
    reconciled = [gauge("reconciliation_missing", 0, stage=stage) for stage in ("published", "notified", "in_lake")]
    up = [
        gauge("up", 1, process="auth-web", service="auth_service", kind="service"),
        gauge("up", 1, process="transaction-ledger-1", service="transaction_service", kind="service"),
        gauge("up", 1, process="prometheus", service="", kind="server"),
        gauge("kafka_up", 1, process="monitoring-auditor"),
    ]
    return [calculated(name, value) for name, value in (ALL_IS_WELL | changed).items()] + reconciled + up


class Away:
    """A source that can be taken away."""

    name = "?"

    def __init__(self) -> None:
        self.away = False
        self.asked = 0

    def ask(self) -> None:
        self.asked += 1
        if self.away:
            raise SourceAway(self.name, "no answer in time")


class PrometheusInMemory(Away):
    name = "Prometheus"

    def __init__(self) -> None:
        super().__init__()
        self.samples = samples()
        self.series = [Series({"line": "transfers", "status": "posted"}, ((NOW.timestamp() // 30 * 30, 2.0),))]

        self.fired: list[Series] = []

    def instant(self, expression):
        self.ask()
        return self.samples

    def over_time(self, expression, start, end, step_seconds):
        self.ask()
        return self.fired if expression == incidents.QUESTION else self.series


class AlertsInMemory(Away):
    name = "Alertmanager"

    def __init__(self) -> None:
        super().__init__()
        self.alerts = [an_alert("Watchdog", "none")]

    def firing(self):
        self.ask()
        return self.alerts


class ResultsInMemory(Away):
    name = "MongoDB"

    def __init__(self) -> None:
        super().__init__()
        self.found: Audit | None = Audit(NOW - timedelta(seconds=3), 469, 51, {"EUR": 0}, ())
        self.sent = [Probe(NOW - timedelta(seconds=9), "ok", 12, 180, 900, an_id(7), None)]
        self.minutes = [a_minute(NOW - timedelta(minutes=5))]

    def audit(self):
        self.ask()
        return self.found

    def probes(self):
        self.ask()
        return self.sent

    def reconciliation(self, since):
        self.ask()
        return self.minutes


def an_alert(name: str, severity: str = "page", summary: str = "3 of 4", **labels: str) -> Alert:
    since = NOW - timedelta(seconds=90)
    return Alert(name, severity, summary, since, "docs/runbooks/X.md", {"alertname": name, **labels})


def a_breach() -> Breach:
    return Breach("drift", ACCOUNT, 12, "100000", "100500", NOW - timedelta(seconds=30))


def a_minute(at: datetime, *, notified: int = 4) -> Minute:
    expected = {"published": 3, "notified": 4, "in_lake": 3}
    return Minute(at.replace(second=0), 3, expected, expected | {"notified": notified}, settled=notified == 4)


def an_id(number: int, at: datetime = NOW) -> str:
    """A UUID of version 7 made at `at`."""
    milliseconds = int(at.timestamp() * 1000)
    return str(UUID(int=(milliseconds << 80) | (7 << 76) | (2 << 62) | number))


def decided(number: int = 7, **changed) -> Decided:
    """ann paid bob: requested at NOW, decided 4 ms later."""
    values = {
        "position": number,
        "event_id": an_id(number),
        "transfer_id": an_id(number),
        "original": None,
        "ends_at": None,
        "at": NOW + DECIDED_AFTER,
        "kind": "payment",
        "status": "posted",
        "partition_key": b"account-ann",
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "payer": "user-ann",
        "parties": frozenset({"user-ann", "user-bob"}),
        "told": frozenset({"user-ann", "user-bob"}),
    }
    return Decided(**values | changed)


class RecordsInMemory:
    def __init__(self) -> None:
        self.transfers: dict[str, Transfer] = {}
        self.hold(decided())

    def hold(self, *records: Decided, about: tuple[Decided, ...] = ()) -> str:
        """A transfer of these records; its id."""
        transfer = Transfer(records, about)
        self.transfers[transfer.id] = transfer
        return transfer.id

    def find(self, transfer_id):
        return self.transfers.get(transfer_id)

    def transfer_at(self, position):
        found = (id for id, each in self.transfers.items() if position in [one.position for one in each.records])
        return next(found, None)


class SourceInMemory(Away):
    """Says of every record what it is told to; `after_ms` counts from its request, None: it hasn't happened."""

    def __init__(self, name: str, **after_ms: int | None) -> None:
        super().__init__()
        self.name = self.source = name
        self.stages = tuple(after_ms)
        self.after_ms = dict(after_ms)

    def find(self, decided):
        self.ask()
        requested = decided.at - DECIDED_AFTER
        return {
            stage: Finding(State.WAITING)
            if ms is None
            else Finding(State.DONE, requested + timedelta(milliseconds=ms), f"by {self.name}")
            for stage, ms in self.after_ms.items()
        }


class TracesInMemory(Away):
    name = source = "Zipkin"

    def __init__(self) -> None:
        super().__init__()
        self.positions: dict[str, int] = {}

    def position(self, trace_id):
        self.ask()
        return self.positions.get(trace_id)


class SendingsInMemory(Away):
    name = source = "notification_service"

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[Sending] = []

    def of(self, record):
        self.ask()
        return tuple(self.sent)


def all_sources() -> dict[str, SourceInMemory]:
    return {
        "mongo": SourceInMemory("MongoDB", committed=9),
        "kafka": SourceInMemory("Kafka", published=60),
        "notification": SourceInMemory("notification_service", consumed_by_notification=80, in_inbox=95),
        "analytics": SourceInMemory("analytics_service", consumed_by_analytics=75, in_lake=800),
    }


class Tokens:
    """A token is the username; `@analyst` after it is a role, `!` a service that watches the pipeline."""

    def verify(self, token: str) -> Principal:
        if token == "bad":
            raise TokenInvalid
        if token.endswith("!"):
            return Principal("client:demo", "demo", ("service",), frozenset({Scope.PIPELINE_READ}), "s-1")
        if token.endswith("?"):
            return Principal("client:other", "other", ("service",), frozenset({Scope.LEDGER_READ}), "s-1")
        return someone(token)


def someone(cookie: str) -> Principal:
    """A session cookie is the username, with a role after an @."""
    name, _, role = cookie.partition("@")
    return Principal(f"user-{name}", name, (role or "user",), frozenset(USER_SCOPES), "s-1")


class Watched:
    """The application and everything that it looks at."""

    def __init__(self) -> None:
        self.clock = ManualClock(NOW)
        self.prometheus, self.alerts, self.results = PrometheusInMemory(), AlertsInMemory(), ResultsInMemory()
        self.records, self.sources = RecordsInMemory(), all_sources()
        self.sendings, self.traces = SendingsInMemory(), TracesInMemory()
        self.board = Board(self.prometheus, self.alerts, self.results, Asker(8, "test"), self.clock)
        self.journeys = Journeys(
            self.records, list(self.sources.values()), self.sendings, self.traces, Asker(8, "test")
        )
        self.app = self._application()

    def browser(self) -> FlaskClient:
        """Ann's."""
        client = self.app.test_client()
        client.environ_base["HTTP_ACCEPT"] = "text/html"
        client.set_cookie(COOKIE_NAME, "ann")
        return client

    def _application(self) -> Flask:
        app = create_web_app(
            wiring.SERVICE,
            SETTINGS,
            secret_key=SETTINGS.secret_key,
            registry=CollectorRegistry(),
            readiness={},
            openapi=Path(wiring.__file__).with_name("openapi.yaml"),
        )
        install_access(app, Access(Tokens(), someone))
        install_charts(app)
        install_filters(app)
        runbooks = Runbooks(SETTINGS.monitoring_public_url)
        app.register_blueprint(api_routes(self.board, self.journeys, runbooks, SETTINGS.zipkin_public_url))
        app.register_blueprint(pages(self.board, self.journeys, runbooks, SETTINGS))
        return app
