"""The last half hour in lines: what is asked of Prometheus, all in one question, and how it is told apart again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask_babel import lazy_gettext as _

from monitoring.prometheus_api import PrometheusApi
from monitoring.prometheus_api import Series as Found
from monitoring.status.figures import HOPS, quantile, tagged
from service_kit import charts

TAG = "line"
SPAN = timedelta(minutes=30)
STEP_SECONDS = 30

LINES = {
    "transfers": "sum by (status) (ledger:transfers:rate1m)",
    "latency p50": quantile(0.5, *HOPS["answered"], window="1m"),
    "latency p99": quantile(0.99, *HOPS["answered"], window="1m"),
    "lag": "max by (group) (kafka_consumer_lag_seconds)",
    "delivered inbox": quantile(0.99, *HOPS["notified"], window="1m"),
    "delivered reports": quantile(0.99, *HOPS["in_lake"], window="1m"),
}
"""By chart and line; a line without a name of its own is split by a label, whose value names each part."""


@dataclass(frozen=True)
class Chart:
    """One chart with what it says; `good` tells what good looks like."""

    name: str
    title: str
    good: str
    figure: charts.Chart


def last_half_hour(prometheus: PrometheusApi, now: datetime) -> list[Chart]:
    """The charts in the order of the page; raises SourceAway."""
    end = datetime.fromtimestamp(now.timestamp() // STEP_SECONDS * STEP_SECONDS, UTC)
    found = prometheus.over_time(tagged(LINES, TAG), end - SPAN, end, STEP_SECONDS)
    times = [end - SPAN + timedelta(seconds=STEP_SECONDS) * step for step in range(SPAN.seconds // STEP_SECONDS + 1)]
    return [
        Chart(
            "transfers",
            _("Transfers"),
            _("a second, by how they ended"),
            charts.lines(times, _series(found, "transfers", times), unit=str(_("a second"))),
        ),
        Chart(
            "latency",
            _("Time to a durable answer"),
            _("99 % within 250 ms is promised"),
            charts.lines(times, _series(found, "latency", times, scale=1000), unit="ms"),
        ),
        Chart(
            "lag",
            _("Oldest event that waits"),
            _("by consumer group; 0 is good"),
            charts.lines(times, _series(found, "lag", times), unit="s"),
        ),
        Chart(
            "delivered",
            _("From decision to inbox and reports"),
            _("99th percentile; 5 s and 10 s are promised"),
            charts.lines(times, _series(found, "delivered", times), unit="s"),
        ),
    ]


def _series(found: Sequence[Found], chart: str, times: Sequence[datetime], scale: float = 1) -> list[charts.Series]:
    """The chart's lines, on the chart's own moments: a series lacks those at which there was nothing to measure."""
    lines = []
    for each in found:
        of, _space, name = each.labels[TAG].partition(" ")
        if of == chart:
            values = {at: None if value is None else value * scale for at, value in each.points}
            split = each.labels.get("status") or each.labels.get("group") or chart
            lines.append(charts.Series(name or split, [values.get(moment.timestamp()) for moment in times]))
    return sorted(lines, key=lambda line: line.name)
