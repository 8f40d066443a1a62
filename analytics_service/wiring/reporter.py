"""The reporter, connected."""

from __future__ import annotations

import os
from datetime import timedelta
from functools import partial

from prometheus_client import CollectorRegistry

from analytics_service.engine import engine_of
from analytics_service.job_runner import JobRunner
from analytics_service.lake.folder import LakeFolder
from analytics_service.lake.results import ResultFolder
from analytics_service.metrics import ReportJobMetrics, ReportMetrics, RiskMetrics, ScheduleMetrics
from analytics_service.people_client import AuthPeople, NoticeClient
from analytics_service.ports.jobs import Kept
from analytics_service.reports import REPORTS
from analytics_service.reports.risk.patterns import RISK_REPORTS
from analytics_service.settings import ReporterSettings
from analytics_service.use_cases.exports import Exports
from analytics_service.use_cases.job_upkeep import JobUpkeep
from analytics_service.use_cases.reports import Reports
from analytics_service.use_cases.run_job import Bounds, RunJob
from analytics_service.use_cases.run_schedules import RunSchedules, TellOfScheduled
from analytics_service.use_cases.watch_risk import Horizon, RiskWatch
from analytics_service.wiring.parts import SERVICE, Stores, collections_of, new_id, stores_of
from analytics_service.wiring.reconciliation import reconcile
from service_kit import mongo, tracing
from service_kit.auth import ServiceToken
from service_kit.auth_client import http_client
from service_kit.clock import SystemClock
from service_kit.metrics import JobMetrics
from service_kit.observability import observe
from service_kit.periodic import Job, Jobs
from service_kit.process import StopSignal, run

NAME = "analytics-reporter"


def run_reporter() -> int:
    """Its jobs, each in a thread of its own, until told to stop; the exit code."""
    settings = ReporterSettings.from_env()
    # A report takes every processor for as long as it runs; who pays meanwhile must not wait for it.
    os.nice(settings.reporter_niceness)
    registry = observe(SERVICE, "reporter", settings)
    tracing.instrument_stores()
    collections = collections_of(settings.mongo_url, NAME)
    kept = Kept(result=timedelta(days=settings.job_result_days), attempts=settings.job_attempts_max)
    folder = LakeFolder(settings.lake_directory, new_id)
    stores = stores_of(collections, folder, kept)
    engine = engine_of(settings.dask_scheduler_address, settings.engine_pandas_rows_max, settings.engine_memory_bytes)
    metrics = ReportMetrics(registry, REPORTS)
    reports = Reports(stores.manifest, stores.folder, engine, metrics, SystemClock().monotonic)
    runner, upkeep = job_duties(settings, stores, reports, registry)
    duties: list[Job] = [
        *(runner.taking, runner.keeping, upkeep),
        *_schedule_duties(settings, stores, registry),
        reconcile(settings, stores, registry),
        risk_watch(settings, reports, registry),
    ]
    patience = {RiskWatch.name: RiskWatch.patience_seconds}
    jobs = Jobs(duties, JobMetrics(registry), SystemClock(), patience)

    def loop(stop: StopSignal) -> None:
        jobs.run(stop)
        runner.leave()

    return run(
        NAME,
        loop,
        host=settings.http_host,
        port=settings.http_port,
        registry=registry,
        ready={"jobs": jobs.check, "mongo": partial(mongo.ping, collections.client), "lake": folder.check},
        progress=jobs.progress,
    )


def _schedule_duties(settings: ReporterSettings, stores: Stores, registry: CollectorRegistry) -> list[Job]:
    """What orders by schedule, and tells of it."""
    http, metrics = http_client(), ScheduleMetrics(registry)
    token = ServiceToken(http, f"{settings.auth_url}/v1/token", settings.client_id, settings.client_secret)
    people = AuthPeople(http, settings.auth_url, token)
    notices = NoticeClient(http, settings.notification_url, token)
    return [
        RunSchedules(stores.schedules, stores.jobs, people, settings.jobs_per_person, new_id, metrics),
        TellOfScheduled(stores.jobs, notices, metrics),
    ]


def job_duties(
    settings: ReporterSettings, stores: Stores, reports: Reports, registry: CollectorRegistry
) -> tuple[JobRunner, JobUpkeep]:
    """What runs the report jobs, and what keeps them in order."""
    clock, metrics = SystemClock(), ReportJobMetrics(registry)
    results = ResultFolder.of(settings.lake_directory)
    bounds = Bounds(settings.job_attempts_max, settings.job_result_bytes_max)
    job = RunJob(stores.jobs, reports, Exports(reports, clock.now), results, bounds, metrics, clock)
    runner = JobRunner(stores.jobs, job.run, settings.jobs_at_once, metrics)
    return runner, JobUpkeep(stores.jobs, results, metrics, clock)


def risk_watch(settings: ReporterSettings, reports: Reports, registry: CollectorRegistry) -> RiskWatch:
    """What looks for patterns of risk."""
    horizon = Horizon(timedelta(hours=settings.risk_recent_hours), timedelta(days=settings.risk_past_days))
    return RiskWatch(reports, RISK_REPORTS, horizon, RiskMetrics(registry, RISK_REPORTS), SystemClock())
