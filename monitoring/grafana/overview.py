"""The overview: is all well, are the promises kept, where on its way is a transfer, and what is it that fails."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard

from monitoring.grafana.ledger import decisions, integrity
from monitoring.grafana.machinery import firing, processes, stores
from monitoring.grafana.page import Sections, page
from monitoring.grafana.pipeline import consumers, delays, flow
from monitoring.grafana.promises import is_all_well, promises

UID = "fintech-overview"
"""Alerts link to it."""


def sections() -> Sections:
    """What it shows. The other dashboards say why."""
    return {
        "Is all well?": is_all_well(),
        "What was promised": promises(),
        "A transfer's way, from left to right": delays(),
        "What fires": [firing()],
        "Processes": processes(),
    }


def overview() -> Dashboard:
    """The whole dashboard."""
    return page(
        UID,
        "Platform overview",
        "One look at the platform. Every panel says what good looks like; the dashboards beside it say why.",
        sections(),
    )


def pipeline() -> Dashboard:
    """Journal, relay, Kafka, consumers."""
    return page(
        "fintech-pipeline",
        "Pipeline",
        "From the journal over the relay and Kafka to the consumers: what flows, what waits, what went astray.",
        {"What flows and what waits": flow(), "Consumers": consumers()},
    )


def ledger() -> Dashboard:
    """Whether the ledger is right."""
    return page(
        "fintech-ledger",
        "Ledger integrity",
        "What the audit and the reconciliation find, and what the writer does.",
        {"Is the ledger right?": integrity(), "What the ledger decides": decisions()},
    )


def of_stores() -> Dashboard:
    """What everything stands on."""
    return page(
        "fintech-stores",
        "Stores",
        "MongoDB, Redis, Kafka, ZooKeeper and the disk, seen from outside.",
        {"Stores": stores()},
    )
