"""Figures as a process tells them at /metrics, and as Prometheus has collected them."""

import httpx
from prometheus_client.parser import text_string_to_metric_families

from bench.stacks import Platform


def total(platform: Platform, process: str, name: str) -> float:
    """The sum over all series of one metric of one process."""
    text = httpx.get(f"{platform.url(process)}/metrics", timeout=5).raise_for_status().text
    families = text_string_to_metric_families(text)
    return sum(sample.value for family in families for sample in family.samples if sample.name == name)


def query(platform: Platform, expression: str) -> float | None:
    """The value of the first series that a PromQL expression gives now; None where it gives none."""
    answer = httpx.get(f"{platform.prometheus_url}/api/v1/query", params={"query": expression}, timeout=5)
    result = answer.raise_for_status().json()["data"]["result"]
    return float(result[0]["value"][1]) if result else None
