"""A reporter over a test's lake, as wiring makes it, whose duties run when the test says so."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from prometheus_client import CollectorRegistry

from analytics_service.domain.job import Claimed
from analytics_service.engine import Engine, on_threads
from analytics_service.job_runner import JobRunner
from analytics_service.lake.results import ResultFolder
from analytics_service.metrics import ReportJobMetrics, ReportMetrics
from analytics_service.reports import REPORTS
from analytics_service.use_cases.exports import Exports
from analytics_service.use_cases.job_upkeep import JobUpkeep
from analytics_service.use_cases.reports import Reports
from analytics_service.use_cases.run_job import Bounds, RunJob
from tests.unit.analytics_service.lakes import TestLake
from tests.waiting import eventually


@dataclass
class Reporter:
    """`attempts` and `result_bytes` are its bounds, `at_once` how many jobs it runs at a time."""

    lake: TestLake
    attempts: int = 5
    result_bytes: int = 10_000_000
    at_once: int = 2
    manifest: Any = None
    begun: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.registry = CollectorRegistry()
        metrics, clock = ReportJobMetrics(self.registry), self.lake.clock
        self.results = ResultFolder.of(self.lake.root)
        self.reports = reports = Reports(
            self.manifest or self.lake.manifest,
            self.lake.folder,
            Engine(on_threads),
            ReportMetrics(self.registry, REPORTS),
            clock.monotonic,
        )
        self.job = RunJob(
            self.lake.jobs,
            reports,
            Exports(reports, clock.now),
            self.results,
            Bounds(self.attempts, self.result_bytes),
            metrics,
            clock,
        )
        self.runner = JobRunner(self.lake.jobs, self._run, self.at_once, metrics)
        self.upkeep = JobUpkeep(self.lake.jobs, self.results, metrics, clock)

    def _run(self, claimed: Claimed, guard: Any) -> None:
        self.begun.append(claimed.job.id)
        self.job.run(claimed, guard)

    def work_off(self) -> None:
        """Take and run until nothing waits."""

        def idle() -> bool:
            self.runner.take()
            return not self.value("analytics_jobs_at_work") and not self.lake.jobs.queue().active

        eventually(idle, what="all jobs are over")

    def value(self, name: str, **labels: str) -> float:
        return self.registry.get_sample_value(name, labels) or 0.0
