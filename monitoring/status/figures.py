"""The figures that are asked of Prometheus, all in one question, so that they are of one moment."""

from __future__ import annotations

from collections.abc import Sequence

from monitoring.prometheus_api import Sample
from monitoring.slo.declared import declared_slos

TAG = "figure"
RECENT = "5m"
_REQUESTS = 'service="transaction_service",url_rule="/v1/transfers",method="POST"'

GAUGES = (
    "up",
    "process_start_time_seconds",
    "redis_up",
    "kafka_up",
    "mongodb_up",
    "zookeeper_up",
    "ledger_is_writer",
    "ledger_queue_depth",
    "relay_is_publisher",
    "relay_lag_positions",
    "relay_lag_seconds",
    "kafka_consumer_lag_messages",
    "kafka_consumer_lag_seconds",
    "reconciliation_missing",
    "reconciliation_oldest_missing_age_seconds",
    "slo:good:ratio",
)
"""Taken as they are."""


def quantile(share: float, histogram: str, selector: str = "", window: str = RECENT) -> str:
    """The recent quantile of a histogram, in seconds."""
    return f"histogram_quantile({share}, sum by (le) (rate({histogram}_bucket{{{selector}}}[{window}])))"


REQUEST = ("flask_http_request_duration_seconds", _REQUESTS)
HOPS = {
    "answered": REQUEST,
    "published": ("relay_commit_to_published_seconds", ""),
    "notified": ("notification_commit_to_notified_seconds", ""),
    "in_lake": ("lake_commit_to_report_seconds", ""),
}
"""The histogram of each hop, with its selector."""

EXPRESSIONS = {
    "requests": f"sum(increase({REQUEST[0]}_count{{{_REQUESTS}}}[{RECENT}]))",
    **{slo.name: f'1 - slo:errors:ratio_rate5m{{slo="{slo.name}"}}' for slo in declared_slos()},
    **{f"{slo.name}_budget": f'slo:budget_left:ratio{{slo="{slo.name}"}}' for slo in declared_slos()},
    **{f"{name}_p50": quantile(0.5, *histogram) for name, histogram in HOPS.items()},
    **{f"{name}_p99": quantile(0.99, *histogram) for name, histogram in HOPS.items()},
}
"""Calculated; each gives one number or nothing."""


def tagged(expressions: dict[str, str], tag: str) -> str:
    """One expression that gives all of them, each with its name in the label `tag`."""
    return " or ".join(f'label_replace({each}, "{tag}", "{name}", "", "")' for name, each in expressions.items())


def question() -> str:
    """All figures in one expression."""
    return f'{{__name__=~"{"|".join(GAUGES)}"}} or ' + tagged(EXPRESSIONS, TAG)


class Figures:
    """The answer to `question`."""

    def __init__(self, samples: Sequence[Sample]) -> None:
        self._samples = samples

    def one(self, name: str) -> float | None:
        """A calculated figure; None where nothing happened lately."""
        return next((each.value for each in self._samples if each.labels.get(TAG) == name), None)

    def each(self, gauge: str, **labels: str) -> list[tuple[dict[str, str], float]]:
        """The labels and value of a gauge's series that have `labels`."""
        return [
            (dict(sample.labels), sample.value)
            for sample in self._samples
            if sample.value is not None
            and sample.labels.get("__name__") == gauge
            and all(sample.labels.get(name) == value for name, value in labels.items())
        ]

    def worst(self, gauge: str, **labels: str) -> float | None:
        """The greatest value of the gauge's series that have `labels`; None where there is none."""
        return max((value for _, value in self.each(gauge, **labels)), default=None)
