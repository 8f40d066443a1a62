"""What the rules ask for is there on a running stack: a renamed metric or label would let an alert sleep for ever."""

import json
from typing import Any

import pytest

from bench.stacks import Platform
from tests.alert_rules import ALERTS, RULES
from tests.e2e.figures import ask, has_a_figure
from tests.promql import selectors
from tests.waiting import eventually

pytestmark = pytest.mark.usefixtures("traffic")

WITHIN_SECONDS = 150
"""Rules over long windows are evaluated once a minute, and rest on others that are."""
MAY_BE_EMPTY = {
    "ledger_breach": "there is a series only while the ledger is wrong; LedgerDrift counts what is",
    "alerts:firing:timestamp_seconds{}": "there is a series only while an alert fires",
}
ASKED_FOR = sorted(
    {selector for alert in ALERTS.values() for selector in selectors(alert["expr"])} - MAY_BE_EMPTY.keys()
)


def recorded(rule: dict[str, Any]) -> str:
    """What selects the rule's series: its labels are the same whatever the windows of the promises are."""
    labels = ",".join(f"{name}={json.dumps(value)}" for name, value in rule.get("labels", {}).items())
    return f"{rule['record']}{{{labels}}}"


RECORDED = sorted({recorded(rule) for rule in RULES if "record" in rule} - MAY_BE_EMPTY.keys())


@pytest.mark.parametrize("selector", ASKED_FOR)
def test_what_an_alert_asks_for_is_there(selector: str, platform: Platform) -> None:
    eventually(lambda: has_a_figure(ask(platform, selector)), what=selector, within_seconds=WITHIN_SECONDS)


@pytest.mark.parametrize("series", RECORDED)
def test_what_is_recorded_is_a_figure(series: str, platform: Platform) -> None:
    eventually(lambda: has_a_figure(ask(platform, series)), what=series, within_seconds=WITHIN_SECONDS)


def test_what_may_be_empty_is_asked_for_all_the_same() -> None:
    asked = {selector for alert in ALERTS.values() for selector in selectors(alert["expr"])}
    assert MAY_BE_EMPTY.keys() <= asked | {recorded(rule) for rule in RULES if "record" in rule}
