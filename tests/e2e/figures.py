"""What the stack's Prometheus answers."""

import math

import httpx

from bench.stacks import Platform
from tests.waiting import TIMEOUT_SECONDS

VARIABLES = {"$__rate_interval": "1m", "$__range": "5m", "$__interval": "15s"}
"""Grafana's, as a dashboard of half an hour has them."""


def ask(platform: Platform, expression: str) -> list[float]:
    """The values now; fails where Prometheus does not understand the question."""
    for name, value in VARIABLES.items():
        expression = expression.replace(name, value)
    answer = httpx.get(
        f"{platform.prometheus_url}/api/v1/query", params={"query": expression}, timeout=TIMEOUT_SECONDS
    ).json()
    assert answer["status"] == "success", f"{expression}: {answer.get('error')}"
    return [float(series["value"][1]) for series in answer["data"]["result"]]


def has_a_figure(values: list[float]) -> bool:
    """Whether there is a series, and one that is a number."""
    return any(not math.isnan(value) for value in values)
