"""How a process begins to be seen: logs, traces and a registry, before anything else of it exists."""

from __future__ import annotations

from prometheus_client import CollectorRegistry

from service_kit import logging, tracing
from service_kit.env import CommandSettings
from service_kit.metrics import new_registry


def observe(service: str, process: str, settings: CommandSettings) -> CollectorRegistry:
    """Set up logs and traces as `settings` say; return the registry for the process's metrics.

    `service` is the package ("auth_service"), `process` its part ("web", "relay").
    """
    logging.configure(service, process=process, level=settings.log_level)
    logging.listen_to_signals()
    tracing.configure(
        service,
        process=process,
        exporter=settings.otel_traces_exporter,
        endpoint=settings.otel_exporter_zipkin_endpoint,
        traces_per_second=settings.traces_per_second,
    )
    return new_registry(service, process=process, revision=settings.build_revision)
