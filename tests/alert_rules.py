"""Prometheus' rules as committed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from tests.promql import metric_names

ROOT = Path(__file__).parents[1]
PROMETHEUS = ROOT / "monitoring/prometheus"
RULES: list[dict[str, Any]] = [
    rule | {"group": group["name"]}
    for path in sorted([*PROMETHEUS.glob("rules/*.yml"), *PROMETHEUS.glob("slo/real/*.yml")])
    for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
]
ALERTS = {rule["alert"]: rule for rule in RULES if "alert" in rule}
RECORDED: dict[str, set[str]] = {
    name: {rule["expr"] for rule in RULES if rule.get("record") == name}
    for name in {rule["record"] for rule in RULES if "record" in rule}
}
"""Expressions by the name that they are recorded under; one name may have many, with labels of their own."""


def sources(expression: str) -> set[str]:
    """The metrics that an expression rests on, with those behind a recorded one in its place."""
    found: set[str] = set()
    for name in metric_names(expression):
        found |= set().union(*map(sources, RECORDED[name])) if name in RECORDED else {name}
    return found
