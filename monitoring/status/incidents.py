"""What has fired since Prometheus remembers: from when to when, as rules/recording.yml writes it down."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from monitoring.prometheus_api import PrometheusApi, Series
from monitoring.status.figures import tagged

REMEMBERED = timedelta(days=90)
STEP = timedelta(minutes=15)
"""What fires again within that time is the same incident. Prometheus gives at most 11,000 steps."""
LIVE = timedelta(seconds=30)
"""A firing alert is recorded each 5 s."""
SHOWN = 20
TAG = "edge"
_FIRING_AT = f"alerts:firing:timestamp_seconds[{STEP.seconds}s]"
QUESTION = tagged({"first": f"min_over_time({_FIRING_AT})", "last": f"max_over_time({_FIRING_AT})"}, TAG)


@dataclass(frozen=True)
class Incident:
    """An alert that fired. `process`: the one that it was about, or ""; `until` None: it still fires."""

    name: str
    severity: str
    process: str
    since: datetime
    until: datetime | None

    def seconds(self, now: datetime) -> float:
        """For how long, until `now` at most."""
        return ((self.until or now) - self.since).total_seconds()


def incidents(prometheus: PrometheusApi, now: datetime) -> list[Incident]:
    """The last SHOWN, those that still fire first, then the latest first; raises SourceAway."""
    edges: dict[tuple[str, str, str], dict[str, Series]] = {}
    for found in prometheus.over_time(QUESTION, now - REMEMBERED, now, STEP.seconds):
        labels = found.labels
        alert = labels["alertname"], labels["severity"], labels.get("process", "")
        edges.setdefault(alert, {})[labels[TAG]] = found
    fired = [
        Incident(*alert, since, None if now - until <= LIVE else until)
        for alert, of in edges.items()
        for since, until in _spans(_moments(of["first"]), _moments(of["last"]))
    ]
    return sorted(fired, key=lambda each: (each.until is None, each.since), reverse=True)[:SHOWN]


def _spans(firsts: Sequence[datetime], lasts: Sequence[datetime]) -> Iterator[tuple[datetime, datetime]]:
    """From the first and last moment of each step those of each incident."""
    since, until = firsts[0], lasts[0]
    for first, last in zip(firsts[1:], lasts[1:], strict=True):
        if first - until > STEP:
            yield since, until
            since = first
        until = last
    yield since, until


def _moments(series: Series) -> list[datetime]:
    return [datetime.fromtimestamp(value, UTC) for _at, value in series.points if value is not None]
