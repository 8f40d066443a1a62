"""The web process, connected."""

from __future__ import annotations

from functools import partial

from flask import Flask
from prometheus_client import CollectorRegistry

from analytics_service.document import OPENAPI
from analytics_service.engine import Engine, engine_of
from analytics_service.exports import FORMATS
from analytics_service.figures.sheet import install_sheet
from analytics_service.lake.folder import LakeFolder
from analytics_service.lake.results import ResultFolder
from analytics_service.metrics import WebMetrics
from analytics_service.presentation import install_filters
from analytics_service.reports import REPORTS
from analytics_service.routes.api import api_routes
from analytics_service.routes.builder import builder_pages
from analytics_service.routes.job_pages import job_pages
from analytics_service.routes.jobs import job_routes
from analytics_service.routes.lake import lake_routes
from analytics_service.routes.live import live_routes
from analytics_service.routes.overview import FirstPages, overview_pages
from analytics_service.routes.pages import pages
from analytics_service.routes.reconciliation import reconciliation_pages, reconciliation_routes
from analytics_service.routes.risk_pages import risk_pages
from analytics_service.routes.schedule_pages import schedule_pages
from analytics_service.routes.schedules import schedule_routes
from analytics_service.settings import WebSettings
from analytics_service.use_cases.days import Days
from analytics_service.use_cases.exports import Exports
from analytics_service.use_cases.jobs import AskForJobs
from analytics_service.use_cases.lake import Lake
from analytics_service.use_cases.live import Live
from analytics_service.use_cases.reports import Reports
from analytics_service.use_cases.schedules import Schedules
from analytics_service.use_cases.spending import Spending
from analytics_service.wiring.parts import SERVICE, Stores, collections_of, new_id, stores_of
from service_kit import mongo, redis_store, tracing
from service_kit.auth import access_through_auth, install_access
from service_kit.charts import install_charts
from service_kit.clock import Clock, SystemClock
from service_kit.observability import observe
from service_kit.web import create_web_app


def web_application(settings: WebSettings) -> Flask:
    """API and pages. It is ready without Kafka: it shows what the lake holds."""
    registry = observe(SERVICE, "web", settings)
    tracing.instrument_stores()
    collections = collections_of(settings.mongo_url, "analytics-web")
    folder = LakeFolder(settings.lake_directory, new_id)
    app = create_web_app(
        SERVICE,
        settings,
        secret_key=settings.secret_key,
        registry=registry,
        readiness={"mongo": partial(mongo.ping, collections.client), "lake": folder.check},
        openapi=OPENAPI,
    )
    redis = redis_store.connect(settings.redis_url.get_secret_value(), "analytics-web")
    access, revocations = access_through_auth(settings, redis, settings.client_id, settings.client_secret)
    install_access(app, access)
    revocations.start()
    engine = engine_of(settings.dask_scheduler_address, settings.engine_pandas_rows_max, settings.engine_memory_bytes)
    add_routes(app, settings, stores_of(collections, folder), engine, registry, SystemClock())
    return app


def add_routes(
    app: Flask,
    settings: WebSettings,
    stores: Stores,
    engine: Engine,
    registry: CollectorRegistry,
    clock: Clock,
) -> None:
    """Everything that this service adds to the kit's application."""
    metrics = WebMetrics(registry, REPORTS, FORMATS)
    reports = Reports(stores.manifest, stores.folder, engine, metrics, clock.monotonic)
    exports = Exports(reports, clock.now)
    install_filters(app)
    install_sheet(app)
    install_charts(app)
    app.register_blueprint(api_routes(reports, exports, metrics))
    app.register_blueprint(live_routes(Live(stores.rollups, clock)))
    app.register_blueprint(lake_routes(Lake(stores.manifest, stores.folder)))
    app.register_blueprint(reconciliation_routes(stores.reconciliations))
    app.register_blueprint(reconciliation_pages(stores.reconciliations, settings))
    app.register_blueprint(pages(reports, exports, settings, metrics))
    app.register_blueprint(builder_pages(reports, settings))
    first = FirstPages(Days(stores.rollups, reports, clock), Spending(reports, clock))
    app.register_blueprint(overview_pages(first, settings))
    app.register_blueprint(risk_pages(reports, settings))
    jobs = AskForJobs(stores.jobs, ResultFolder.of(settings.lake_directory), settings.jobs_per_person, new_id)
    app.register_blueprint(job_routes(jobs))
    app.register_blueprint(job_pages(jobs, settings))
    schedules = Schedules(stores.schedules, settings.schedules_per_person, new_id)
    app.register_blueprint(schedule_routes(schedules))
    app.register_blueprint(schedule_pages(schedules, settings))
