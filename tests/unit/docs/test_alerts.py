"""Alerts, their tests, runbooks, panels and the table of faults speak of the same things."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml

from stack.declared_metrics import exported
from stack.process_list import Process, load_process_list
from tests.alert_rules import ALERTS, PROMETHEUS, ROOT, sources
from tests.drills.__main__ import DRILLS
from tests.drills.__main__ import FAULTS as ONCE

DASHBOARDS = [
    json.loads(path.read_text(encoding="utf-8"))
    for path in sorted((ROOT / "monitoring/grafana/dashboards").glob("*.json"))
]
PANELS = {(each["uid"], panel["id"]): panel for each in DASHBOARDS for panel in each["panels"]}
TABLE = (ROOT / "docs/alerts.md").read_text(encoding="utf-8")
KILLED, FAULTS, DRILLED = (
    [[cell.strip() for cell in row.strip("|").split("|")] for row in re.findall(r"^\|(?! *-|-)(.+)\|$", part, re.M)[1:]]
    for part in re.split("## Other faults|## Faults that are drilled", TABLE)
)
PROCESSES = load_process_list().processes
SEEN_FROM_OUTSIDE = {
    "mongod": "MongoRestarted",
    "redis": "RedisRestarted",
    "zookeeper": "ZooKeeperRestarted",
    "kafka": "KafkaRestarted",
}
TESTED = {
    test["name"]
    for path in (PROMETHEUS / "tests").glob("*.yml")
    for test in yaml.safe_load(path.read_text(encoding="utf-8"))["tests"]
}
EXPORTED = exported()
MUST_BE_DRILLED = {
    "`kill -9` of each process",
    "the broker stays away",
    "the broker is frozen",
    "`kill -9` of the broker",
    "MongoDB is killed and comes back",
    "MongoDB is killed and stays away",
    "Redis is emptied and killed",
    "a few poisonous messages",
    "a thousand poisonous messages in a row",
    "old offsets are delivered again",
    "clocks are ten minutes ahead",
    "clocks are ten minutes behind",
    "MongoDB's disk is full",
    "a consumer is slow",
    "a flood of log-ins",
    "the relay dies before it publishes what is committed",
    "the relay dies between publishing and its cursor",
    "a consumer dies between effect and offsets",
}
"""The measure of all observability: these are named within a minute, and nothing is lost."""
every_alert = pytest.mark.parametrize("alert", ALERTS.values(), ids=lambda alert: str(alert["alert"]))


@every_alert
def test_it_says_how_bad_and_with_a_figure_what(alert: dict[str, Any]) -> None:
    assert alert["labels"]["severity"] in ("page", "ticket", "none")
    assert re.search(r"\$value|\d", alert["annotations"]["summary"])


@every_alert
def test_its_runbook_has_every_part_and_says_the_same_severity(alert: dict[str, Any]) -> None:
    path = alert["annotations"]["runbook_url"]
    text = (ROOT / path).read_text(encoding="utf-8")

    assert path == f"docs/runbooks/{alert['alert']}.md"
    assert text.startswith(f"# {alert['alert']}\n\nSeverity: {alert['labels']['severity']}\n")
    parts = ["Symptom", "Meaning", "How to look", "How to mend", "How to prove that it's over"]
    assert re.findall(r"^## (.+)$", text, re.M) == parts


@every_alert
def test_it_is_proven_to_fire_and_to_be_silent(alert: dict[str, Any]) -> None:
    # Watchdog is never silent.
    cases = ("fires",) if alert["alert"] == "Watchdog" else ("fires", "does not fire", "no traffic")
    assert {f"{alert['alert']} {case}" for case in cases} <= TESTED


@every_alert
def test_it_rests_on_metrics_that_something_exports(alert: dict[str, Any]) -> None:
    assert sources(alert["expr"]) - EXPORTED == set()


@every_alert
def test_it_links_to_a_panel_that_shows_what_it_rests_on(alert: dict[str, Any]) -> None:
    dashboard, panel = re.fullmatch(r"/d/([\w-]+)\?viewPanel=(\d+)", alert["annotations"]["dashboard_url"]).groups()  # type: ignore[union-attr]

    shown = set().union(*(sources(target["expr"]) for target in PANELS[dashboard, int(panel)]["targets"]))
    assert sources(alert["expr"]) & shown or alert["alert"] == "Watchdog"


@pytest.mark.parametrize("process", PROCESSES, ids=lambda process: process.name)
def test_the_kill_of_every_process_has_its_alert(process: Process) -> None:
    named = {killed: alert for killed, alert, _ in KILLED}[process.name]

    assert named == SEEN_FROM_OUTSIDE.get(process.name, "ProcessRestarted")
    # ProcessRestarted sees only what is scraped.
    assert process.metrics or process.name in SEEN_FROM_OUTSIDE


def test_the_table_of_faults_names_alerts_that_exist_and_all_of_them() -> None:
    words = set(
        re.findall(r"\b[A-Z][a-z]+[A-Z]\w+\b|\bWatchdog\b", " ".join(cell for row in KILLED + FAULTS for cell in row))
    )

    assert {killed for killed, *_ in KILLED} == {process.name for process in PROCESSES}
    assert words - {"MongoDB", "ZooKeeper"} == set(ALERTS)


@pytest.mark.parametrize(("fault", "drill", "alert"), DRILLED, ids=[fault for fault, *_ in DRILLED])
def test_a_fault_that_is_drilled_has_its_drill_and_the_alert_that_the_drill_waits_for(
    fault: str, drill: str, alert: str
) -> None:
    named = drill.strip("`")
    awaited = {each.name: {alert.name for alert in each().alerts} for each in ONCE}

    assert named in DRILLS
    assert alert in ALERTS
    assert alert in awaited.get(named, {alert}), fault


def test_no_fault_of_the_measure_is_without_a_drill() -> None:
    assert {fault for fault, *_ in DRILLED} >= MUST_BE_DRILLED
    assert {f"`{fault.name}`" for fault in ONCE} - {drill for _, drill, _ in DRILLED} <= {
        # Of any process, `kill-each` speaks.
        "`kill-consumer`",
        "`kill-ingester`",
    }


def test_nothing_hides_what_is_about_money() -> None:
    rules = yaml.safe_load((ROOT / "monitoring/alertmanager/alertmanager.yml").read_text(encoding="utf-8"))[
        "inhibit_rules"
    ]
    hidden = {name for name, alert in ALERTS.items() if any(_hides(rule, alert) for rule in rules)}
    promised = {"TransferErrorBudgetBurn", "TransferLatencyBudgetBurn"}
    money = {name for name, alert in ALERTS.items() if alert["group"] == "correctness"} | promised

    assert hidden & money == set()
    assert {"ConsumerLag", "ConsumerGone", "LedgerNoWriter"} <= hidden


def test_every_alert_that_an_inhibition_names_exists() -> None:
    text = (ROOT / "monitoring/alertmanager/alertmanager.yml").read_text(encoding="utf-8")

    assert {name for names in re.findall(r'alertname =~? "([\w|]+)"', text) for name in names.split("|")} <= set(ALERTS)


def _hides(rule: dict[str, Any], alert: dict[str, Any]) -> bool:
    labels = {"alertname": alert["alert"], "severity": alert["labels"]["severity"]}
    matchers = [re.fullmatch(r'(\w+) =~? "(.+)"', matcher.strip()) for matcher in rule["target_matchers"]]
    return all(matcher and re.fullmatch(matcher[2], labels[matcher[1]]) for matcher in matchers)
