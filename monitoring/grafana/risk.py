"""Patterns of risk in what people pay."""

from __future__ import annotations

from monitoring.grafana.panels import NONE, Panel, Query, graph
from monitoring.grafana.pipeline import WINDOW


def risk() -> list[Panel]:
    """What is suspicious, and how long looking for it takes."""
    return [
        graph(
            150,
            "Findings of risk",
            "Good: 0. It tickets above 0. In the payments of real people of the last day, by pattern; the transfers "
            "that prove them are on the page /risk.",
            "none",
            Query("max by (pattern) (analytics_risk_findings)", "{{pattern}}"),
            steps=NONE,
            width=12,
        ),
        graph(
            151,
            "Time of a search for a pattern, 99 %",
            "Good: below 10 s. One pattern is looked for at a time, six in a minute and a half.",
            "s",
            Query(
                f'histogram_quantile(0.99, sum by (le) (rate(job_duration_seconds_bucket{{job="risk"}}[{WINDOW}])))',
                "a round",
            ),
            width=12,
        ),
    ]
