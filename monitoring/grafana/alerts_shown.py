"""Which alerts show themselves in which panel, as their rules say."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml

PROMETHEUS = Path(__file__).parents[1] / "prometheus"


def alerts_of(uid: str, panel: int) -> list[str]:
    """The alerts whose `dashboard_url` leads to a panel, by name."""
    return sorted(name for name, url in _urls().items() if url == f"/d/{uid}?viewPanel={panel}")


@cache
def _urls() -> dict[str, str]:
    files = sorted([*PROMETHEUS.glob("rules/*.yml"), *PROMETHEUS.glob("slo/real/*.yml")])
    groups = [group for path in files for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]]
    rules = [rule for group in groups for rule in group["rules"] if "alert" in rule]
    return {rule["alert"]: rule["annotations"]["dashboard_url"] for rule in rules}
