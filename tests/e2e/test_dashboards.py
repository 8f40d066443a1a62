"""Every expression of the dashboards gives figures on a running stack through which transfers go."""

import json
import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import pytest

from bench.stacks import Platform
from tests.e2e.api_client import Client
from tests.e2e.streams import stream
from tests.waiting import TIMEOUT_SECONDS, eventually

FOLDER = Path(__file__).parents[2] / "monitoring/grafana/dashboards"
WITHIN_SECONDS = 90
"""Rules over long windows are evaluated once a minute."""
PAUSE_SECONDS = 10
VARIABLES = {"$__rate_interval": "1m", "$__range": "5m", "$__interval": "15s"}
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


@pytest.fixture(scope="module", autouse=True)
def _traffic(member: Callable[[], Client], platform: Platform) -> Iterator[None]:
    """Something of everything: people who join and log in, payments before their payee's eyes and reports made as jobs
    as long as there are panels to look at, one payment rejected for want of money."""
    payer, payee = member(), member()
    live, over = f"{platform.url('notification-live')}/v1/stream", Event()

    def pay() -> None:
        while True:
            assert payer.log_in().status_code == 200
            assert payer.send(payee.username, 1).status_code == 201
            assert listening.next()
            assert payer.post("/v1/jobs", of="analytics-web", json={"report": "totals"}).status_code == 202
            if over.wait(PAUSE_SECONDS):
                return

    with stream(live, payee.bearer()) as listening, ThreadPoolExecutor(1) as pool:
        paying = pool.submit(pay)
        assert payer.send(payee.username, payer.balance() + 1).status_code != 201
        yield
        over.set()
        paying.result()


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
def test_a_panel_shows_figures(panel: dict[str, Any], platform: Platform) -> None:
    for target in panel["targets"]:
        if target["expr"] in MAY_BE_EMPTY:
            assert _ask(platform, target["expr"]) is not None
        else:
            eventually(
                lambda expr=target["expr"]: _has_a_figure(_ask(platform, expr)),  # type: ignore[misc]
                what=f"{panel['title']}: {target['expr']}",
                within_seconds=WITHIN_SECONDS,
            )


@pytest.mark.parametrize("annotation", ANNOTATIONS, ids=lambda annotation: annotation["name"])
def test_an_annotation_can_be_asked_for(annotation: dict[str, Any], platform: Platform) -> None:
    # Nothing has to have happened.
    _ask(platform, annotation["expr"])


def _has_a_figure(series: list[float]) -> bool:
    return any(not math.isnan(value) for value in series)


def _ask(platform: Platform, expression: str) -> list[float]:
    """The values now; fails where Prometheus does not understand the question."""
    for name, value in VARIABLES.items():
        expression = expression.replace(name, value)
    answer = httpx.get(
        f"{platform.prometheus_url}/api/v1/query", params={"query": expression}, timeout=TIMEOUT_SECONDS
    ).json()
    assert answer["status"] == "success", f"{expression}: {answer.get('error')}"
    return [float(series["value"][1]) for series in answer["data"]["result"]]
