"""Prometheus asked which alerts fire."""

import time
from collections.abc import Collection

import httpx

ALWAYS_FIRING = {"Watchdog"}


def firing(prometheus_url: str) -> set[str]:
    """Names of the alerts that fire now, without the one that always does."""
    answer = httpx.get(f"{prometheus_url}/api/v1/alerts", timeout=10).raise_for_status().json()
    names = {alert["labels"]["alertname"] for alert in answer["data"]["alerts"] if alert["state"] == "firing"}
    return names - ALWAYS_FIRING


def first_of(prometheus_url: str, expected: Collection[str], *, within_s: float) -> str | None:
    """Wait for one of the expected alerts; its name, or None when none fired in time."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if fired := firing(prometheus_url) & set(expected):
            return min(fired)
        time.sleep(0.25)
    return None
