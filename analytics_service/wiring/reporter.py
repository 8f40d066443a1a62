"""The reporter, connected."""

from __future__ import annotations

from functools import partial

from prometheus_client import CollectorRegistry

from analytics_service.lake.folder import LakeFolder
from analytics_service.settings import ReporterSettings
from analytics_service.storage.manifest import MongoManifest
from analytics_service.wiring.parts import SERVICE, Stores, collections_of, new_id
from service_kit import mongo, tracing
from service_kit.clock import SystemClock
from service_kit.metrics import JobMetrics
from service_kit.observability import observe
from service_kit.periodic import Job, Jobs
from service_kit.process import run

NAME = "analytics-reporter"


def run_reporter() -> int:
    """Its jobs, each in a thread of its own, until told to stop; the exit code."""
    settings = ReporterSettings.from_env()
    registry = observe(SERVICE, "reporter", settings)
    tracing.instrument_stores()
    collections = collections_of(settings.mongo_url, NAME)
    stores = Stores(MongoManifest(collections), LakeFolder(settings.lake_directory, new_id))
    jobs = Jobs(_jobs(settings, stores, registry), JobMetrics(registry), SystemClock())
    return run(
        NAME,
        jobs.run,
        host=settings.http_host,
        port=settings.http_port,
        registry=registry,
        ready={"jobs": jobs.check, "mongo": partial(mongo.ping, collections.client), "lake": stores.folder.check},
        progress=jobs.progress,
    )


def _jobs(settings: ReporterSettings, stores: Stores, registry: CollectorRegistry) -> list[Job]:
    return []
