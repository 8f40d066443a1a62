"""Prometheus asked which alerts fire."""

import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

import httpx

from monitoring.slo.declared import declared_slos
from monitoring.slo.rules import alert_name

ALWAYS_FIRING = {"Watchdog"}
LONG_REMEMBERING = {alert_name(slo, "ticket") for slo in declared_slos()}
"""These may fire for half an hour after something was slow or failed, and no drill waits for them to name its fault."""
OF_NO_FAULT = LONG_REMEMBERING | {"RiskFindings"}
"""That one speaks of what people do: a lake made by chance has planted patterns, which are to be found."""
POLL_SECONDS = 0.25


@dataclass(frozen=True)
class Alert:
    """An alert by its name and, where it matters what it speaks of, some of its labels."""

    name: str
    labels: dict[str, str] = field(default_factory=dict)

    def matches(self, labels: dict[str, str]) -> bool:
        """Whether a firing alert with these labels is this one."""
        return labels["alertname"] == self.name and self.labels.items() <= labels.items()

    def __str__(self) -> str:
        told = ", ".join(f"{name}={value}" for name, value in self.labels.items())
        return f"{self.name}({told})" if told else self.name


def firing(prometheus_url: str) -> list[dict[str, str]]:
    """The labels of the alerts that fire now, without the one that always does.

    A Prometheus that is itself just being restarted knows of none.
    """
    try:
        answer = httpx.get(f"{prometheus_url}/api/v1/alerts", timeout=10)
    except httpx.TransportError:
        return []
    if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
        return []
    alerts = answer.raise_for_status().json()["data"]["alerts"]
    return [
        alert["labels"]
        for alert in alerts
        if alert["state"] == "firing" and alert["labels"]["alertname"] not in ALWAYS_FIRING
    ]


def names(alerts: Iterable[dict[str, str]]) -> set[str]:
    """What fires, by name."""
    return {alert["alertname"] for alert in alerts}


def first_of(prometheus_url: str, expected: Collection[Alert], *, within_s: float) -> Alert | None:
    """Wait for one of the expected alerts; None when none fired in time."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        now = firing(prometheus_url)
        for alert in expected:
            if any(alert.matches(labels) for labels in now):
                return alert
        time.sleep(POLL_SECONDS)
    return None


def fired_within(prometheus_url: str, seconds: float) -> set[str]:
    """The names of what fires in so long a time, but for what need not be a fault's."""
    fired, until = set[str](), time.monotonic() + seconds
    while time.monotonic() < until:
        fired |= names(firing(prometheus_url)) - OF_NO_FAULT
        time.sleep(POLL_SECONDS)
    return fired


def resolved(prometheus_url: str, alert: Alert, *, within_s: float) -> bool:
    """Wait until the alert no longer fires; whether it came to that."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if not any(alert.matches(labels) for labels in firing(prometheus_url)):
            return True
        time.sleep(POLL_SECONDS)
    return False
