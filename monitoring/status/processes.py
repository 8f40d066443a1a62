"""Which processes and servers answer: those that Prometheus scrapes, and those that others look after for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from monitoring.status.figures import Figures

SERVERS = "servers"
LOOKED_AFTER = {"mongod": "mongodb_up", "redis": "redis_up", "kafka": "kafka_up", "zookeeper": "zookeeper_up"}
"""Servers without metrics of their own, and the gauge of whoever asks them. No such series: nobody asks them now."""
ORDER = ("auth_service", "transaction_service", "notification_service", "analytics_service", "monitoring", SERVERS)


@dataclass(frozen=True)
class Process:
    """`up` None: not known. `seconds`: for how long it has been running. Of two ledgers one writes, of two relays one
    publishes."""

    name: str
    service: str
    up: bool | None
    seconds: float | None
    writes: bool = False
    publishes: bool = False


def processes(figures: Figures, now: datetime) -> list[Process]:
    """Every process of the platform, service by service."""
    started = {labels.get("process", ""): value for labels, value in figures.each("process_start_time_seconds")}
    writers, publishers = _saying_one(figures, "ledger_is_writer"), _saying_one(figures, "relay_is_publisher")
    scraped = [
        Process(
            name=labels.get("process") or labels.get("instance", ""),
            service=SERVERS if labels.get("kind") == "server" else labels.get("service", SERVERS),
            up=value == 1,
            seconds=_age(started.get(labels.get("process", "")), now) if value == 1 else None,
            writes=labels.get("process") in writers,
            publishes=labels.get("process") in publishers,
        )
        for labels, value in figures.each("up")
    ]
    return sorted([*scraped, *_looked_after(figures)], key=lambda each: (_rank(each.service), each.name))


def by_service(found: Iterable[Process]) -> dict[str, list[Process]]:
    """Grouped, in the order that they come in."""
    groups: dict[str, list[Process]] = {}
    for process in found:
        groups.setdefault(process.service, []).append(process)
    return groups


def _saying_one(figures: Figures, gauge: str) -> set[str]:
    return {labels.get("process", "") for labels, value in figures.each(gauge) if value}


def _looked_after(figures: Figures) -> list[Process]:
    found = []
    for name, gauge in LOOKED_AFTER.items():
        value = figures.worst(gauge)
        found.append(Process(name, SERVERS, None if value is None else value == 1, None))
    return found


def _age(started: float | None, now: datetime) -> float | None:
    return None if started is None else max(0.0, now.timestamp() - started)


def _rank(service: str) -> int:
    return ORDER.index(service) if service in ORDER else len(ORDER)
