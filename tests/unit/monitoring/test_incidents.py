"""What has fired: from the moments that Prometheus remembers to a list that anybody may read."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from monitoring.prometheus_api import Series
from monitoring.status.incidents import SHOWN, incidents
from tests.unit.monitoring.watchers import NOW, PrometheusInMemory, Watched

MINUTE = timedelta(minutes=1)
Firing = tuple[datetime, datetime]


def ago(minutes: float) -> datetime:
    return NOW - minutes * MINUTE


def fired(name: str, *steps: Firing, severity: str = "page", **labels: str) -> list[Series]:
    """What Prometheus says of an alert: of each step in which it fired the first and the last moment."""
    alert = {"alertname": name, "severity": severity, **labels}
    return [
        Series({**alert, "edge": edge}, tuple((step[1].timestamp(), step[which].timestamp()) for step in steps))
        for which, edge in enumerate(("first", "last"))
    ]


def of(*series: list[Series]) -> list[tuple[str, datetime, datetime | None]]:
    prometheus = PrometheusInMemory()
    prometheus.fired = [each for pair in series for each in pair]
    return [(each.name, each.since, each.until) for each in incidents(prometheus, NOW)]


@pytest.fixture
def watched() -> Watched:
    return Watched()


def test_an_alert_that_fired_through_several_steps_is_one_incident():
    assert of(fired("KafkaDown", (ago(70), ago(60)), (ago(59.9), ago(45)), (ago(44.9), ago(40)))) == [
        ("KafkaDown", ago(70), ago(40))
    ]


def test_one_that_fires_again_within_a_quarter_of_an_hour_is_the_same():
    assert of(fired("KafkaDown", (ago(90), ago(80)), (ago(66), ago(65)), (ago(40), ago(39)))) == [
        ("KafkaDown", ago(40), ago(39)),
        ("KafkaDown", ago(90), ago(65)),
    ]


def test_what_still_fires_comes_first_and_then_the_latest():
    found = of(
        fired("KafkaDown", (ago(9), ago(8))),
        fired("DiskFillingUp", (ago(600), ago(0.1))),
        fired("MongoDown", (ago(20), ago(19))),
        fired("RedisDown", (ago(2), ago(0))),
    )
    assert found == [
        ("RedisDown", ago(2), None),
        ("DiskFillingUp", ago(600), None),
        ("KafkaDown", ago(9), ago(8)),
        ("MongoDown", ago(20), ago(19)),
    ]


def test_each_process_has_incidents_of_its_own():
    down = [fired("ProcessDown", (ago(9), ago(8)), process=name) for name in ("auth-web", "mail")]
    assert len(of(*down)) == 2


def test_no_more_are_told_than_somebody_reads():
    assert len(of(*(fired("KafkaDown", (ago(9), ago(8)), process=str(n)) for n in range(SHOWN + 5)))) == SHOWN


def test_the_page_says_what_happened_from_when_to_when(watched):
    watched.prometheus.fired = [
        *fired("ProcessDown", (ago(125), ago(5)), process="auth-web"),
        *fired("MongoSlow", (ago(3), ago(0)), severity="ticket"),
    ]
    page = watched.app.test_client().get("/status", headers={"Accept": "text/html"}).text
    section = page.split('id="incidents"')[1].split("</section>")[0]
    assert section.index("MongoSlow") < section.index("ProcessDown")
    for told in (
        "still firing",
        "3 min",
        "<code>auth-web</code>",
        "2 h",
        "Prometheus could not scrape a process for 15 s.",
    ):
        assert told in section
    assert "Jan 2, 2026, 00:59:05 UTC" in section
    assert "Jan 2, 2026, 02:59:05 UTC" in section
    assert 'href="/runbooks/ProcessDown"' in section


def test_the_document_says_the_same(watched):
    watched.prometheus.fired = fired("ProcessDown", (ago(125), ago(5)), process="auth-web")
    assert watched.app.test_client().get("/v1/status").json["incidents"] == [
        {
            "name": "ProcessDown",
            "severity": "page",
            "process": "auth-web",
            "symptom": "Prometheus could not scrape a process for 15 s.",
            "since": "2026-01-02T00:59:05.000Z",
            "until": "2026-01-02T02:59:05.000Z",
            "seconds": 7200,
            "runbook_url": "http://localhost:5004/runbooks/ProcessDown",
        }
    ]


def test_without_any_the_page_says_so(watched):
    assert "No incident" in watched.app.test_client().get("/status", headers={"Accept": "text/html"}).text
    assert watched.app.test_client().get("/v1/status").json["incidents"] == []


def test_with_prometheus_away_they_are_not_known(watched):
    watched.prometheus.away = True
    assert watched.app.test_client().get("/v1/status").json["incidents"] is None
