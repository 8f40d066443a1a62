"""Every metric of the reconciliation."""

from __future__ import annotations

import math

from prometheus_client import CollectorRegistry, Counter, Gauge

STAGES = ("published", "notified", "in_lake")
REPAIRS = ("ordered", "failed", "mended", "given_up")


class ReconciliationMetrics:
    """The journal against what became of it."""

    def __init__(self, registry: CollectorRegistry) -> None:
        label = ("stage",)
        self.missing = Gauge(
            "reconciliation_missing",
            "What the journal entails and the stage doesn't have: events, at `notified` notifications",
            label,
            registry=registry,
        )
        self.surplus = Gauge(
            "reconciliation_surplus",
            "What the stage has and the journal doesn't entail, or has once more than it should",
            label,
            registry=registry,
        )
        self.oldest_missing_age = Gauge(
            "reconciliation_oldest_missing_age_seconds",
            "Age of the oldest journal record that is missing, to the second of its minute; 0 when none is",
            label,
            registry=registry,
        )
        self.settled_position = Gauge(
            "reconciliation_settled_position",
            "Last position up to which the stage has everything",
            label,
            registry=registry,
        )
        self.unread = Gauge(
            "reconciliation_unread_messages",
            "Messages of the topic still to be read before figures are given",
            registry=registry,
        )
        self.open_minutes = Gauge(
            "reconciliation_open_minutes", "Minutes of the journal that are not settled", registry=registry
        )
        self.repairs = Counter(
            "reconciliation_repairs",
            "Minutes of which the relay was asked to publish again what the stage lacks, by what came of it",
            ("stage", "outcome"),
            registry=registry,
        )
        for stage in STAGES:
            for outcome in REPAIRS:
                self.repairs.labels(stage, outcome)
            for gauge in (self.missing, self.surplus, self.oldest_missing_age, self.settled_position):
                gauge.labels(stage).set(math.nan)
