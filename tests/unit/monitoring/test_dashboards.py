"""The committed dashboards are what the code says, and every panel explains itself to whoever sees it first."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml

from monitoring.grafana.__main__ import FOLDER, main, rendered
from monitoring.grafana.page import LINKS
from stack.declared_metrics import exported
from stack.process_list import load_process_list
from tests.alert_rules import ALERTS, ROOT, sources

FILES = sorted(FOLDER.glob("*.json"))
PROVISIONING = ROOT / "monitoring/grafana/provisioning"
EXPORTED = exported()
Dashboard = dict[str, Any]


@pytest.fixture(params=FILES, ids=lambda path: path.name)
def dashboard(request: pytest.FixtureRequest) -> Dashboard:
    loaded: Dashboard = json.loads(request.param.read_text(encoding="utf-8"))
    return loaded


def panels(dashboard: Dashboard) -> list[dict[str, Any]]:
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def expressions(dashboard: Dashboard) -> list[str]:
    of_panels = [target["expr"] for panel in panels(dashboard) for target in panel["targets"]]
    return of_panels + [annotation["expr"] for annotation in dashboard["annotations"]["list"]]


def test_the_committed_json_is_what_the_code_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert set(rendered()) == set(FILES)
    assert main(["--check"]) == 0, capsys.readouterr().err


def test_a_dashboard_keeps_its_address_and_its_panels_theirs(dashboard: Dashboard) -> None:
    ids = [panel["id"] for panel in dashboard["panels"]]

    assert re.fullmatch(r"fintech-[a-z-]+", dashboard["uid"])
    assert len(ids) == len(set(ids))
    assert 0 not in ids


def test_every_panel_says_what_good_looks_like_and_in_which_unit(dashboard: Dashboard) -> None:
    for panel in panels(dashboard):
        assert "Good:" in panel["description"], panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
        assert panel["fieldConfig"]["defaults"]["thresholds"]["steps"], panel["title"]
        assert all(target["legendFormat"] for target in panel["targets"]), panel["title"]


def test_every_panel_leads_on_to_its_runbooks_and_to_prometheus(dashboard: Dashboard) -> None:
    for panel in panels(dashboard):
        titles = [link["title"] for link in panel["links"]]
        shown = [name for name, alert in ALERTS.items() if leads_to(alert, dashboard["uid"], panel["id"])]

        assert titles == [*(f"Runbook: {name}" for name in sorted(shown)), "Ask Prometheus"]
        assert "$__" not in panel["links"][-1]["url"]


def leads_to(alert: dict[str, Any], uid: str, panel: int) -> bool:
    return bool(alert["annotations"]["dashboard_url"] == f"/d/{uid}?viewPanel={panel}")


def test_each_service_each_store_and_each_promise_has_its_dashboard() -> None:
    subjects = "overview slo pipeline ledger business auth transaction notification analytics stores telemetry"

    assert {path.stem for path in FILES} == set(subjects.split())


def test_what_happened_is_marked_on_every_dashboard(dashboard: Dashboard) -> None:
    marks = [annotation["name"] for annotation in dashboard["annotations"]["list"]]

    assert marks == ["Starts", "Tickets", "Drills", "Pages", "Deployments"]


def test_nothing_is_bound_to_one_data_source(dashboard: Dashboard) -> None:
    sources_named = {json.dumps(each) for each in _values(dashboard, "datasource")}

    assert sources_named == {json.dumps({"type": "prometheus", "uid": "${datasource}"})}
    assert "datasource" in [variable["name"] for variable in dashboard["templating"]["list"]]


def test_panels_do_not_overlap(dashboard: Dashboard) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24, panel["title"]
        taken |= cells


def test_a_rate_is_taken_over_a_window_that_fits_the_time_shown(dashboard: Dashboard) -> None:
    for expression in expressions(dashboard):
        windows = set(re.findall(r"(?:rate|increase)\([^[]*\[([^\]]+)\]", expression))
        assert windows <= {"$__rate_interval", "$__range"}, expression


def test_every_metric_is_one_that_something_exports(dashboard: Dashboard) -> None:
    asked = {name for expression in expressions(dashboard) for name in sources(expression)}

    assert asked - EXPORTED == set()


def test_links_lead_to_ports_that_somebody_listens_on() -> None:
    kafdrop = 9000
    known = {process.port for process in load_process_list().processes} | {kafdrop}

    assert {int(port) for url in LINKS.values() for port in re.findall(r":(\d+)/", url)} <= known


def test_grafana_is_given_the_data_sources_that_are_referred_to() -> None:
    given = yaml.safe_load((PROVISIONING / "datasources/platform.yml").read_text(encoding="utf-8"))["datasources"]
    by_uid = {source["uid"]: source for source in given}
    ports = {process.name: process.port for process in load_process_list().processes}

    assert all(source["url"] == f"http://{uid}:{ports[uid]}" for uid, source in by_uid.items())
    (exemplars,) = by_uid["prometheus"]["jsonData"]["exemplarTraceIdDestinations"]
    assert exemplars["datasourceUid"] in by_uid


def _values(node: Any, key: str) -> list[Any]:
    """Every value under `key`, at any depth."""
    if isinstance(node, list):
        return [value for each in node for value in _values(each, key)]
    if isinstance(node, dict):
        here = [node[key]] if key in node else []
        return here + [value for each in node.values() for value in _values(each, key)]
    return []
