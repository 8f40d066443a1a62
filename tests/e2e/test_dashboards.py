"""Every expression of the dashboards gives figures on a running stack through which transfers go."""

import json
from pathlib import Path
from typing import Any

import pytest

from bench.stacks import Platform
from tests.e2e.figures import ask, has_a_figure
from tests.waiting import eventually

pytestmark = pytest.mark.usefixtures("traffic")

FOLDER = Path(__file__).parents[2] / "monitoring/grafana/dashboards"
WITHIN_SECONDS = 90
"""Rules over long windows are evaluated once a minute."""
NOTHING_WENT_OUT = "the quantile is no number while no letter and no webhook goes out, and the traffic here needs none"
NO_LAST_WEEK = "the stack is minutes old"
MAY_BE_EMPTY = {
    "business:payments:increase1h / (business:payments:increase1h offset 1w > 0)": NO_LAST_WEEK,
    'sum(rate(ledger_transfers_total{type="payment", status="posted"}[$__rate_interval] offset 1w))': NO_LAST_WEEK,
    "ledger_breach": "there is a series only while the ledger is wrong",
    'histogram_quantile(0.99, sum by (le) (rate(notification_commit_to_delivered_seconds_bucket{channel="email"}'
    "[$__rate_interval])))": NOTHING_WENT_OUT,
    'histogram_quantile(0.99, sum by (le) (rate(notification_commit_to_delivered_seconds_bucket{channel="webhook"}'
    "[$__rate_interval])))": NOTHING_WENT_OUT,
    'sum by (channel) (rate(notification_delivery_attempts_total{outcome=~"away|broken"}[$__rate_interval]))'
    " / sum by (channel) (rate(notification_delivery_attempts_total[$__rate_interval]))": NOTHING_WENT_OUT,
    "histogram_quantile(0.99, sum by (le, channel) (rate(notification_delivery_attempt_duration_seconds_bucket"
    "[$__rate_interval])))": NOTHING_WENT_OUT,
}
PANELS = [
    panel
    for path in sorted(FOLDER.glob("*.json"))
    for panel in json.loads(path.read_text(encoding="utf-8"))["panels"]
    if panel["type"] != "row"
]
ANNOTATIONS = [
    annotation
    for path in sorted(FOLDER.glob("*.json"))
    for annotation in json.loads(path.read_text(encoding="utf-8"))["annotations"]["list"]
]


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
def test_a_panel_shows_figures(panel: dict[str, Any], platform: Platform) -> None:
    for target in panel["targets"]:
        if target["expr"] in MAY_BE_EMPTY:
            assert ask(platform, target["expr"]) is not None
        else:
            eventually(
                lambda expr=target["expr"]: has_a_figure(ask(platform, expr)),  # type: ignore[misc]
                what=f"{panel['title']}: {target['expr']}",
                within_seconds=WITHIN_SECONDS,
            )


@pytest.mark.parametrize("annotation", ANNOTATIONS, ids=lambda annotation: annotation["name"])
def test_an_annotation_can_be_asked_for(annotation: dict[str, Any], platform: Platform) -> None:
    # Nothing has to have happened.
    ask(platform, annotation["expr"])
