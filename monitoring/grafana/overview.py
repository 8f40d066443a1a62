"""The overview: is all well, are the promises kept, where on its way is a transfer, and what is it that fails."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard

from monitoring.grafana.deliveries import deliveries
from monitoring.grafana.ledger import decisions, integrity
from monitoring.grafana.machinery import processes, stores, watching
from monitoring.grafana.notifications import notifications
from monitoring.grafana.page import Sections, page
from monitoring.grafana.pipeline import consumers, delays, flow
from monitoring.grafana.promises import is_all_well, promises

UID = "fintech-overview"
"""Alerts link to it."""


def sections() -> Sections:
    """What it shows."""
    return {
        "Is all well?": is_all_well(),
        "What was promised": promises(),
        "A transfer's way, from left to right": delays(),
        "What flows and what waits": flow(),
        "Consumers": consumers(),
        "Notifications": notifications(),
        "E-mail and webhooks": deliveries(),
        "Is the ledger right?": integrity(),
        "What the ledger decides": decisions(),
        "Stores": stores(),
        "Processes": processes(),
        "What watches": watching(),
    }


def overview() -> Dashboard:
    """The whole dashboard."""
    return page(
        UID,
        "Platform overview",
        "One look at the platform. Every panel says what good looks like; every alert links to its panel.",
        sections(),
    )
