"""Is what watches itself well, and what does it cost?"""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard

from monitoring.grafana.machinery import watching
from monitoring.grafana.page import page
from monitoring.grafana.panels import Panel, Query, graph
from monitoring.grafana.services import requests, runtime

WINDOW = "$__rate_interval"


def telemetry() -> Dashboard:
    """The whole dashboard."""
    return page(
        "fintech-telemetry",
        "Telemetry's own health",
        "Whether alerts reach people and the watching jobs come round, what is asked of monitoring, what metrics cost.",
        {
            "What watches": watching(),
            "Requests to monitoring": requests("monitoring"),
            "What it costs": cost(),
            "What monitoring's processes take": runtime("monitoring"),
        },
    )


def cost() -> list[Panel]:
    """Series and scrapes, each with its budget."""
    return [
        graph(
            74,
            "Series of a process",
            "Good: level, and below the budget of 2,000. A line that climbs has a label that grows with people.",
            "none",
            Query('max by (process) (scrape_samples_scraped{kind="service"})', "{{process}}"),
            steps=((None, "green"), (1500, "yellow"), (2000, "red")),
        ),
        graph(
            75,
            "Time of a scrape",
            "Good: some tens of milliseconds, of which the process has no time for anything else. The budget is 0.5 s.",
            "s",
            Query('max by (process) (scrape_duration_seconds{kind="service"})', "{{process}}"),
            steps=((None, "green"), (0.25, "yellow"), (0.5, "red")),
        ),
        graph(
            76,
            "Series that Prometheus holds",
            "Good: level. Each takes some kilobytes of its memory.",
            "none",
            Query("sum(prometheus_tsdb_head_series)", "series"),
        ),
        graph(
            77,
            "New series a scrape",
            "Good: 0, but after a start.",
            "none",
            Query('sum by (process) (scrape_series_added{kind="service"})', "{{process}}"),
        ),
        graph(
            78,
            "Time to evaluate a group of rules",
            "Good: far below 5 s, the time between two evaluations.",
            "s",
            Query("topk(5, max by (rule_group) (prometheus_rule_group_last_duration_seconds))", "{{rule_group}}"),
            steps=((None, "green"), (1, "yellow"), (5, "red")),
        ),
        graph(
            79,
            "CPU of what watches",
            "Good: a small part of a core.",
            "none",
            Query(
                "sum by (process) (rate(process_cpu_seconds_total"
                f'{{process=~"prometheus|alertmanager|monitoring-.*"}}[{WINDOW}]))',
                "{{process}}",
            ),
        ),
    ]
