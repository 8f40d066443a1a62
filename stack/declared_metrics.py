"""The metrics that something really exports: ours by building every class of metrics, others' by name."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask
from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric
from prometheus_flask_exporter import PrometheusMetrics

from service_kit.metrics import new_registry
from service_kit.readiness import Readiness

ROOT = Path(__file__).parents[1]
PACKAGES = (
    "service_kit",
    "auth_service",
    "transaction_service",
    "notification_service",
    "analytics_service",
    "monitoring",
)
ARGUMENTS: dict[str, object] = {"currency": "EUR", "now": lambda: 0.0}
"""What metrics classes ask for beside the registry; anything else is a collection of label values, given as none."""
SUFFIXES = {
    "counter": ("_total",),
    "histogram": ("_bucket", "_count", "_sum"),
    "summary": ("", "_count", "_sum"),
    "info": ("_info",),
}
FOREIGN = {
    "up": "prometheus",
    "ALERTS": "prometheus",
    "scrape_samples_scraped": "prometheus",
    "scrape_series_added": "prometheus",
    "scrape_duration_seconds": "prometheus",
    "prometheus_tsdb_head_series": "prometheus",
    "prometheus_rule_group_last_duration_seconds": "prometheus",
    "prometheus_rule_evaluation_failures_total": "prometheus",
    "alertmanager_notifications_total": "alertmanager",
    "alertmanager_notifications_failed_total": "alertmanager",
    "redis_up": "redis-exporter",
    "redis_uptime_in_seconds": "redis-exporter",
    "node_cpu_seconds_total": "node-exporter",
    "node_filesystem_avail_bytes": "node-exporter",
    "node_filesystem_size_bytes": "node-exporter",
    "process_cpu_time_ns_total": "zipkin",
    "drill_under_way": "a drill, while it runs",
}
"""Those of servers that a query of ours asks for, and who exports each. Prometheus makes `up`, `ALERTS` and those of
scrapes itself."""


@dataclass(frozen=True)
class Declared:
    """One metric as its class declares it. `name` has the counter's `_total`; `values`: those of each label that exist
    as soon as the process has started."""

    name: str
    kind: str
    help: str
    labels: tuple[str, ...]
    values: Mapping[str, frozenset[str]] = field(compare=False)
    source: str
    """Where it is made: module and class, or module and function."""


def exported() -> set[str]:
    """Every name that a query may use, but for those of recording rules."""
    of_ours = {metric.name.removesuffix("_total"): metric.kind for metric in declared()}
    return set(FOREIGN) | {name + suffix for name, kind in of_ours.items() for suffix in SUFFIXES.get(kind, ("",))}


@cache
def declared() -> tuple[Declared, ...]:
    """Every metric of ours, by source and name."""
    return tuple(metric for source, fill in _sources().items() for metric in _metrics(source, fill))


def _sources() -> dict[str, Callable[[CollectorRegistry], object]]:
    """What puts metrics into a registry: three of the kit, and the classes of every module `...metrics`."""
    kit: dict[str, Callable[[CollectorRegistry], object]] = {
        "service_kit.metrics:new_registry": lambda registry: None,
        "service_kit.readiness:Readiness": lambda registry: registry.register(Readiness({})),
        "service_kit.web:create_web_app": lambda registry: PrometheusMetrics(
            Flask("any"), group_by="url_rule", registry=registry
        ),
    }
    return kit | {f"{each.__module__}:{each.__name__}": _built(each) for each in _classes()}


def _built(metrics: type) -> Callable[[CollectorRegistry], object]:
    arguments = {name: ARGUMENTS.get(name, ()) for name in list(inspect.signature(metrics).parameters)[1:]}
    return lambda registry: metrics(registry, **arguments)


def _metrics(source: str, fill: Callable[[CollectorRegistry], object]) -> Iterator[Declared]:
    registry = CollectorRegistry(auto_describe=True)
    if source.endswith(":new_registry"):
        registry = new_registry("any", process="any", revision="unknown")
    fill(registry)
    # The only way to the labels of a metric that has no series yet.
    for collector in sorted(registry._collector_to_names, key=lambda each: registry._collector_to_names[each]):
        for family in collector.collect():
            yield _metric(source, family, getattr(collector, "_labelnames", getattr(family, "_labelnames", None)))


def _metric(source: str, family: Metric, labels: Any) -> Declared:
    values: dict[str, set[str]] = {}
    for sample in family.samples:
        for label, value in sample.labels.items():
            values.setdefault(label, set()).add(value)
    name = family.name + {"counter": "_total", "info": "_info"}.get(family.type, "")
    return Declared(
        name,
        family.type,
        family.documentation,
        tuple(labels if labels is not None else values),
        {label: frozenset(found) for label, found in values.items()},
        source,
    )


def _classes() -> Iterator[type]:
    """The classes of every module `...metrics` that are built on a registry alone, or with ARGUMENTS."""
    for name in _modules():
        for _, found in inspect.getmembers(importlib.import_module(name), inspect.isclass):
            parameters = inspect.signature(found).parameters if found.__module__ == name else {}
            # One that is told its metric's name is what others are made of.
            if "registry" in parameters and "name" not in parameters:
                yield found


def _modules() -> Iterator[str]:
    for path in sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*metrics.py")):
        yield ".".join(path.relative_to(ROOT).with_suffix("").parts)
