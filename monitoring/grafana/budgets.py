"""The promises one by one: what is left of each budget, how fast it goes, and of how many events that is said."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard

from monitoring.grafana.page import Sections, page
from monitoring.grafana.panels import Panel, Query, Steps, at_least, figure, graph
from monitoring.grafana.promises import BUDGET
from monitoring.slo.declared import Slo, declared_slos
from monitoring.slo.rules import panel_of

UID = "fintech-slo"
WINDOW = "$__rate_interval"
SPEEDS: Steps = ((None, "green"), (1, "yellow"), (6, "red"))


def sections() -> Sections:
    """A row a promise."""
    return {slo.title: _one(slo) for slo in declared_slos()}


def budgets() -> Dashboard:
    """The whole dashboard."""
    return page(
        UID,
        "SLOs and error budgets",
        "Each promise of monitoring/slo/slos.yaml: kept or not, what is left of its error budget, how fast it burns.",
        sections(),
        span="now-6h",
    )


def _one(slo: Slo) -> list[Panel]:
    burns = panel_of(declared_slos(), slo)
    chosen = f'{{slo="{slo.name}"}}'
    return [
        graph(
            burns,
            f"{slo.title}: how fast the budget burns",
            "Good: below 1. An alert needs both windows of a pair above its speed: 14.4 over 5 minutes and 1 hour or 6 "
            "over 30 minutes and 6 hours pages, 3 over 2 hours and 1 day or 1 over 6 hours and 3 days tickets. With "
            "SLO_WINDOWS=demo the windows are a twelfth.",
            "none",
            Query(f"slo:errors:ratio{chosen} / on (slo) group_left () slo:allowed:ratio", "{{burn}} {{side}}"),
            steps=SPEEDS,
            width=12,
        ),
        graph(
            burns + 1,
            f"{slo.title}: good and bad events",
            "Good: no bad ones. A budget is shares of these; of few events a share says little.",
            "ops",
            Query(f"sum(rate({slo.good}[{WINDOW}])) or vector(0)", "good"),
            Query(f"sum(rate({slo.events}[{WINDOW}])) - (sum(rate({slo.good}[{WINDOW}])) or vector(0))", "bad"),
            width=8,
        ),
        figure(
            burns + 2,
            f"{slo.title}: budget left",
            f"Good: well above 0. {slo.says} 100 %: no bad event in {slo.window_days} days, or as far back as "
            "Prometheus remembers; below 0: the promise was broken.",
            "percentunit",
            Query(f"slo:budget_left:ratio{chosen}", "left"),
            steps=BUDGET,
            decimals=1,
        ),
        figure(
            burns + 3,
            f"{slo.title}: now",
            f"Good: {slo.objective} % or more of the last 5 minutes. Nothing to show where nothing happened.",
            "percentunit",
            Query(f"1 - slo:errors:ratio_rate5m{chosen}", "good"),
            steps=at_least(slo.target),
            decimals=2,
        ),
    ]
