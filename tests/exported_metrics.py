"""The metrics that something really exports: ours by building every process' metrics, others' by name."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry

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
ARGUMENTS = {"currency": "EUR", "formats": (), "kinds": (), "now": lambda: 0.0, "reports": (), "topics": ()}
"""What metrics classes ask for beside the registry."""
SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum"), "summary": ("", "_count", "_sum")}
FOREIGN = {
    # Prometheus itself.
    "up",
    "ALERTS",
    "prometheus_rule_evaluation_failures_total",
    # Alertmanager, the exporters of Redis and of the machine.
    "alertmanager_notifications_total",
    "alertmanager_notifications_failed_total",
    "redis_up",
    "redis_uptime_in_seconds",
    "node_cpu_seconds_total",
    "node_filesystem_avail_bytes",
    "node_filesystem_size_bytes",
    # Zipkin.
    "process_cpu_time_ns_total",
    # prometheus-flask-exporter, in every web process.
    "flask_http_request_duration_seconds_bucket",
    "flask_http_request_duration_seconds_count",
    "flask_http_request_duration_seconds_sum",
}


def exported() -> set[str]:
    """Every name that a query may use, but for those of recording rules."""
    registry = new_registry("tests", process="tests", revision="unknown")
    registry.register(Readiness({}))
    names = set(FOREIGN) | set(_names(registry))
    for metrics in _classes():
        registry = CollectorRegistry()
        metrics(registry, **_arguments(metrics))
        names |= set(_names(registry))
    return names


def _names(registry: CollectorRegistry) -> Iterator[str]:
    for family in registry.collect():
        for suffix in SUFFIXES.get(family.type, ("",)):
            yield family.name + suffix


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


def _arguments(metrics: type) -> dict[str, object]:
    return {name: ARGUMENTS[name] for name in list(inspect.signature(metrics).parameters)[1:]}
