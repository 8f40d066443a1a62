"""The reconciliation on a platform of lists."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from prometheus_client import CollectorRegistry

from monitoring.reconciliation.job import Reconciliation
from monitoring.reconciliation.metrics import REPAIRS, STAGES, ReconciliationMetrics
from monitoring.reconciliation.repairer import Repairer
from monitoring.reconciliation.survey import Ask
from tests.manual_clock import ManualClock
from tests.unit.monitoring.pipeline_in_memory import PipelineInMemory


@dataclass
class Auditor:
    """The job on a pipeline, with its metrics read as Prometheus would."""

    pipeline: PipelineInMemory
    clock: ManualClock
    grace: timedelta = timedelta()
    lake: Ask | None = None
    """Instead of the pipeline's own."""

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        self.registry = CollectorRegistry()
        pipeline, metrics = self.pipeline, ReconciliationMetrics(self.registry)
        relay = pipeline.relay
        self.job = Reconciliation(
            pipeline.journal,
            pipeline.tail,
            {"notified": pipeline.inbox, "in_lake": self.lake or pipeline.lake},
            pipeline.store,
            Repairer(pipeline.journal, relay.order, lambda stage: relay.lag, self.grace, metrics, self.clock),
            metrics,
            self.clock,
        )

    def of(self, metric: str, stage: str) -> float:
        value = self.registry.get_sample_value(f"reconciliation_{metric}", {"stage": stage})
        assert value is not None
        return value

    def repairs(self, stage: str) -> dict[str, float]:
        """What was counted of them, but for zeros."""
        name = "reconciliation_repairs_total"
        counts = {o: self.registry.get_sample_value(name, {"stage": stage, "outcome": o}) or 0 for o in REPAIRS}
        return {outcome: count for outcome, count in counts.items() if count}

    def all(self, metric: str) -> dict[str, float]:
        return {stage: self.of(metric, stage) for stage in STAGES}

    @property
    def open_minutes(self) -> float | None:
        return self.registry.get_sample_value("reconciliation_open_minutes")
