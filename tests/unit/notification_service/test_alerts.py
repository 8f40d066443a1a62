"""Alertmanager's door."""

from __future__ import annotations

import pytest

from notification_service.routes.alerts import Places
from tests.unit.notification_service.events import ANN, BOB
from tests.unit.notification_service.world import ALERT_TOKEN

BODY_LIMIT_BYTES = 1 << 20
BEGAN, ENDED = "2026-01-02T03:04:05.123456789Z", "2026-01-02T03:09:05Z"


def alert(status="firing", fingerprint="f1", **annotations):
    return {
        "status": status,
        "labels": {"alertname": "ProcessDown", "severity": "page", "process": "transaction-relay"},
        "annotations": {
            "summary": "transaction-relay is away",
            "runbook_url": "https://runbooks/x",
            "dashboard_url": "https://dashboards/d/x",
        }
        | annotations,
        "startsAt": BEGAN,
        "endsAt": ENDED if status == "resolved" else "0001-01-01T00:00:00Z",
        "generatorURL": "http://localhost:9090/graph",
        "fingerprint": fingerprint,
    }


def send(client, *alerts, token=ALERT_TOKEN, **changes):
    body = {"version": "4", "groupKey": "{}", "truncatedAlerts": 0, "receiver": "pages", "alerts": alerts} | changes
    return client.post("/v1/alerts", json=body, headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def operators(world):
    world.known(ANN, "ann", ["user", "admin"])
    world.known(BOB, "bob")


def inbox(client, who="ann"):
    return client.get("/v1/notifications", headers={"Authorization": f"Bearer {who}"}).json["notifications"]


def test_an_alert_reaches_the_admins_alone(client, world, operators):
    assert send(client, alert()).status_code == 204
    (only,) = inbox(client)
    assert (only["kind"], only["title"], only["text"]) == (
        "operator.alert",
        "ProcessDown",
        "transaction-relay is away",
    )
    assert only["alert"] == {
        "name": "ProcessDown",
        "status": "firing",
        "severity": "page",
        "process": "transaction-relay",
        "runbook_url": "https://runbooks/x",
        "dashboard_url": "https://dashboards/d/x",
    }
    assert (only["position"], only["transfer_id"], only["amount"]) == (None, None, None)
    assert inbox(client, "bob") == []
    assert world.hints.told == [{ANN}]


def test_each_state_of_an_alert_is_told_once_however_often_it_is_sent(client, world, operators):
    for _ in range(3):
        send(client, alert())
        send(client, alert(), alert(status="resolved"), alert(fingerprint="f2"))
    assert [each["title"] for each in inbox(client)] == ["Resolved: ProcessDown", "ProcessDown", "ProcessDown"]
    assert inbox(client)[0]["occurred_at"] == "2026-01-02T03:09:05.000Z"
    counted = [world.metric("notification_operator_alerts_total", status=status) for status in ("firing", "resolved")]
    assert counted == [2, 1]


def test_while_no_admin_is_known_alertmanager_is_asked_to_come_again(client, world):
    answer = send(client, alert())
    assert (answer.status_code, answer.json["code"]) == (503, "operator_unknown")
    assert answer.headers["Retry-After"]
    assert world.store.stored == {}


@pytest.mark.parametrize("token", ["wrong", ALERT_TOKEN + "x", ALERT_TOKEN[:-1], "ann", "é"])
def test_without_the_token_nothing_is_taken(client, world, operators, token):
    assert send(client, alert(), token=token).status_code == 401
    assert client.post("/v1/alerts", json={}).json["code"] == "token_missing"
    assert world.store.stored == {}


def test_a_group_of_hundreds_is_taken_and_what_is_boundless_is_not(client, operators):
    many = [alert(fingerprint=f"f{number}") for number in range(500)]
    assert send(client, *many).status_code == 204
    assert send(client, alert(), groupKey="x" * BODY_LIMIT_BYTES).status_code == 413


@pytest.mark.parametrize(
    "changes",
    [{"version": "3"}, {"alerts": [{}]}, {"alerts": None}, {"alerts": [alert() | {"startsAt": "yesterday"}]}],
)
def test_another_format_is_refused(client, operators, changes):
    assert send(client, **changes).status_code == 400


def test_an_alert_without_summary_or_runbook_is_told_all_the_same(client, operators):
    bare = alert() | {"annotations": {}, "labels": {}}
    assert send(client, bare).status_code == 204
    assert inbox(client)[0]["text"] == "This alert brings no summary."


def test_a_dashboard_s_path_leads_to_grafana(client, operators):
    send(client, alert(dashboard_url="/d/fintech-overview?viewPanel=60"))
    assert inbox(client)[0]["alert"]["dashboard_url"] == "http://localhost:3000/d/fintech-overview?viewPanel=60"


def test_an_empty_group_changes_nothing(client, world):
    assert send(client).status_code == 204


def test_a_runbook_s_path_leads_to_monitoring(client, operators):
    send(client, alert(runbook_url="docs/runbooks/KafkaDown.md"))
    assert inbox(client)[0]["alert"]["runbook_url"] == "http://localhost:5004/runbooks/KafkaDown"


def test_without_grafana_the_dashboard_is_monitoring_s_status_page():
    places = Places("http://monitoring", "")
    assert places.dashboard("/d/fintech-overview?viewPanel=60") == "http://monitoring/status"
    assert places.dashboard("") == ""
    assert places.runbook("docs/runbooks/../secrets.md") == "docs/runbooks/../secrets.md"
