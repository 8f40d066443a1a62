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
    for path in sorted((PROMETHEUS / "rules").glob("*.yml"))
    for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
]
ALERTS = {rule["alert"]: rule for rule in RULES if "alert" in rule}
RECORDED: dict[str, str] = {rule["record"]: rule["expr"] for rule in RULES if "record" in rule}


def sources(expression: str) -> set[str]:
    """The metrics that an expression rests on, with those behind a recorded one in its place."""
    found: set[str] = set()
    for name in metric_names(expression):
        found |= sources(RECORDED[name]) if name in RECORDED else {name}
    return found
