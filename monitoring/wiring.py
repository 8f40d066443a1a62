"""The only place that connects things, for every process of the package."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path

import httpx
from flask import Flask
from prometheus_client import CollectorRegistry
from pymongo import MongoClient
from uuid_utils import uuid7

from contracts import topics
from monitoring.alertmanager_api import AlertmanagerApi
from monitoring.asking import Asker
from monitoring.audit.job import LedgerAudit
from monitoring.audit.ledger_reading import LedgerReader
from monitoring.dead_man import DeadMan, OperatorsInbox, OutsideWatch
from monitoring.journey.journeys import Journeys
from monitoring.journey.ledger import CommitTimes, LedgerRecords
from monitoring.journey.sending import Sendings
from monitoring.journey.services import Analysed, Notified, ServiceApi
from monitoring.journey.topic import PublishedRecords
from monitoring.journey.traces import Traces
from monitoring.kafka_collector import KafkaCollector
from monitoring.kafka_connection import held_admin, held_reader
from monitoring.kafka_lag import KafkaLag, expected_groups
from monitoring.kafka_offsets import KafkaOffsets
from monitoring.metrics import AuditMetrics, ProbeMetrics, WatchdogMetrics
from monitoring.mongodb_collector import MongoCollector
from monitoring.pipeline_api import in_lake, notified, republication
from monitoring.presentation import install_filters
from monitoring.probe import ProbeTransfers
from monitoring.probe_doors import ProbeDoors, Urls
from monitoring.prometheus_api import PrometheusApi
from monitoring.reconciliation.job import Reconciliation
from monitoring.reconciliation.journal import LedgerJournal
from monitoring.reconciliation.metrics import ReconciliationMetrics
from monitoring.reconciliation.repairer import Repairer
from monitoring.reconciliation.store import ReconciliationStore
from monitoring.reconciliation.topic_tail import TopicTail
from monitoring.routes.api import api_routes
from monitoring.routes.pages import pages
from monitoring.runbooks import Runbooks
from monitoring.settings import AuditorSettings, WebSettings
from monitoring.status.board import Board
from monitoring.status.results import Results
from monitoring.storage import AuditResults, Collections, ProbeResults, Silence
from monitoring.store_metrics import KafkaMetrics, LagMetrics, MongoMetrics, ZooKeeperMetrics
from monitoring.zookeeper_client import ZooKeeperClient
from monitoring.zookeeper_collector import ZooKeeperCollector
from service_kit import mongo, redis_store, tracing
from service_kit.auth import ServiceToken, access_through_auth, install_access
from service_kit.auth_client import http_client
from service_kit.charts import install_charts
from service_kit.clock import SystemClock
from service_kit.metrics import JobMetrics
from service_kit.mongo import MongoDocument
from service_kit.observability import observe
from service_kit.periodic import Job, Jobs
from service_kit.process import run
from service_kit.topics import wanted_topics
from service_kit.web import create_web_app

SERVICE = "monitoring"
STATUS_TIMEOUT_SECONDS = 1.0
STATUS_THREADS = 12
JOURNEY_THREADS = 16
COVERAGE_TIMEOUT_SECONDS = 5.0
TRACE_TIMEOUT_SECONDS = 2.0
CONSUMERS = {"notified": "notification-consumer", "in_lake": "analytics-ingester"}
"""The group that brings events to a stage."""


def web_application(settings: WebSettings) -> Flask:
    """Status and journeys. It is always ready: to say what is away is its work."""
    registry = observe(SERVICE, "web", settings)
    tracing.instrument_stores()
    app = create_web_app(
        SERVICE,
        settings,
        secret_key=settings.secret_key,
        registry=registry,
        readiness={},
        openapi=Path(__file__).with_name("openapi.yaml"),
    )
    redis = redis_store.connect(settings.redis_url.get_secret_value(), "monitoring-web")
    access, revocations = access_through_auth(settings, redis, settings.client_id, settings.client_secret)
    install_access(app, access)
    revocations.start()
    install_charts(app)
    install_filters(app)
    client = mongo.connect(settings.mongo_url.get_secret_value(), "monitoring-web")
    board, journeys = _board(settings, client), _journeys(settings, client)
    runbooks = Runbooks(settings.monitoring_public_url)
    app.register_blueprint(api_routes(board, journeys, runbooks, settings.zipkin_public_url))
    app.register_blueprint(pages(board, journeys, runbooks, settings))
    return app


def _board(settings: WebSettings, client: MongoClient[MongoDocument]) -> Board:
    http = httpx.Client(timeout=STATUS_TIMEOUT_SECONDS, trust_env=False)
    return Board(
        PrometheusApi(http, settings.prometheus_url),
        AlertmanagerApi(http, settings.alertmanager_url),
        Results(client.get_default_database()),
        Asker(STATUS_THREADS, "status"),
        SystemClock(),
    )


def _journeys(settings: WebSettings, client: MongoClient[MongoDocument]) -> Journeys:
    http = http_client()
    token = ServiceToken(http, f"{settings.auth_url}/v1/token", settings.client_id, settings.client_secret)
    ledger = client[settings.ledger_database]
    notification = ServiceApi("notification_service", http, settings.notification_url, token)
    return Journeys(
        LedgerRecords(ledger),
        [
            CommitTimes(ledger),
            PublishedRecords(settings.kafka_bootstrap_servers, topics.TRANSACTIONS),
            Notified(notification, timedelta(days=settings.inbox_retention_days), SystemClock().now),
            Analysed(ServiceApi("analytics_service", http, settings.analytics_url, token)),
        ],
        Sendings(notification),
        Traces(httpx.Client(timeout=TRACE_TIMEOUT_SECONDS, trust_env=False), settings.otel_exporter_zipkin_endpoint),
        Asker(JOURNEY_THREADS, "journey"),
    )


def run_auditor() -> int:
    """Audits, collectors, reconciliation and probes."""
    settings = AuditorSettings.from_env()
    registry = observe(SERVICE, "auditor", settings)
    jobs = Jobs(_jobs(settings, registry), JobMetrics(registry), SystemClock())
    return run(
        "monitoring-auditor",
        jobs.run,
        host=settings.http_host,
        port=settings.http_port,
        registry=registry,
        ready={"jobs": jobs.check},
        progress=jobs.progress,
    )


def _jobs(settings: AuditorSettings, registry: CollectorRegistry) -> list[Job]:
    clock = SystemClock()
    client = mongo.connect(settings.mongo_url.get_secret_value(), "monitoring-auditor")
    collections = Collections(client)
    http = http_client()
    token = ServiceToken(http, f"{settings.auth_url}/v1/token", settings.client_id, settings.client_secret)
    lag = KafkaLag(
        KafkaOffsets(settings.kafka_bootstrap_servers), expected_groups(topics.topics()), LagMetrics(registry), clock
    )
    urls = Urls(settings.auth_url, settings.transaction_url, settings.notification_url, settings.analytics_url)
    return [
        LedgerAudit(
            LedgerReader(client, settings.ledger_database),
            AuditResults(collections),
            AuditMetrics(registry, time.time),
            clock,
        ),
        ProbeTransfers(
            ProbeDoors(http, urls, settings.probe_password, token),
            ProbeResults(collections),
            ProbeMetrics(registry, time.time),
            clock,
            _new_id,
            settings.probe_period_seconds,
        ),
        DeadMan(
            AlertmanagerApi(http, settings.alertmanager_url),
            OperatorsInbox(http, settings.notification_url, settings.alert_webhook_token),
            OutsideWatch(http, settings.watchdog_ping_url),
            Silence(collections),
            WatchdogMetrics(registry),
            clock,
        ),
        _reconciliation(settings, registry, client, token, lag),
        lag,
        *_collectors(settings, registry, client),
    ]


def _reconciliation(
    settings: AuditorSettings,
    registry: CollectorRegistry,
    client: MongoClient[MongoDocument],
    token: ServiceToken,
    lag: KafkaLag,
) -> Reconciliation:
    http = httpx.Client(timeout=COVERAGE_TIMEOUT_SECONDS, trust_env=False)
    journal, metrics = LedgerJournal(client[settings.ledger_database]), ReconciliationMetrics(registry)
    repairer = Repairer(
        journal,
        republication(ServiceApi("transaction_service", http, settings.transaction_url, token)),
        lambda stage: lag.seconds(CONSUMERS[stage]),
        timedelta(seconds=settings.reconciliation_repair_after_seconds),
        metrics,
        SystemClock(),
    )
    return Reconciliation(
        journal,
        TopicTail(
            held_reader(settings.kafka_bootstrap_servers, "monitoring-tail"),
            topics.TRANSACTIONS,
            time.monotonic,
        ),
        {
            "notified": notified(ServiceApi("notification_service", http, settings.notification_url, token)),
            "in_lake": in_lake(ServiceApi("analytics_service", http, settings.analytics_url, token)),
        },
        ReconciliationStore(client.get_default_database()),
        repairer,
        metrics,
        SystemClock(),
    )


def _collectors(
    settings: AuditorSettings, registry: CollectorRegistry, client: MongoClient[MongoDocument]
) -> list[Job]:
    brokers = settings.kafka_bootstrap_servers
    return [
        KafkaCollector(
            held_admin(brokers, "monitoring-kafka"),
            KafkaMetrics(registry, wanted_topics(topics.topics())),
            time.monotonic,
        ),
        MongoCollector(client, MongoMetrics(registry), time.monotonic),
        ZooKeeperCollector(ZooKeeperClient(settings.zookeeper_address), ZooKeeperMetrics(registry)),
    ]


def _new_id() -> str:
    """A UUID of version 7: unique, and in the order of time."""
    return str(uuid7())
