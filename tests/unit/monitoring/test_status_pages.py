"""The status page and its JSON, with every source present, empty and away."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from contracts.session import COOKIE_NAME
from monitoring import wiring
from monitoring.status.figures import EXPRESSIONS, GAUGES, question
from service_kit.apidocs import api_routes, documented
from tests.unit.monitoring.watchers import (
    ACCOUNT,
    NOW,
    Watched,
    a_breach,
    a_minute,
    an_alert,
    calculated,
    gauge,
    samples,
)


@pytest.fixture
def watched() -> Watched:
    return Watched()


@pytest.fixture
def browser(watched):
    client = watched.app.test_client()
    client.environ_base["HTTP_ACCEPT"] = "text/html"
    return client


def status(watched: Watched) -> dict:
    return watched.app.test_client().get("/v1/status").json


def test_the_page_is_for_everybody_and_says_that_all_claims_hold(browser):
    page = browser.get("/status")
    assert page.status_code == 200
    assert re.search(r"<h1>All claims hold</h1>", page.text)
    assert "99.8%" in page.text


def test_of_two_ledgers_and_two_relays_it_names_the_one_that_works(watched, browser):
    for holder, standby, duty in (
        ("transaction-ledger-2", "transaction-ledger-1", "ledger_is_writer"),
        ("transaction-relay-1", "transaction-relay-2", "relay_is_publisher"),
    ):
        watched.prometheus.samples += [gauge("up", 1, process=name, service="") for name in (holder, standby)]
        watched.prometheus.samples += [gauge(duty, 1, process=holder), gauge(duty, 0, process=standby)]
    named = re.findall(r"<span>([\w-]+) <small>(\w+)</small></span>", browser.get("/status").text)
    assert sorted(named) == [("transaction-ledger-2", "writes"), ("transaction-relay-1", "publishes")]


def test_the_root_leads_to_it(browser):
    assert browser.get("/").headers["Location"] == "/status"


def test_it_reloads_itself_without_javascript(browser):
    assert '<noscript><meta http-equiv="refresh"' in browser.get("/status").text


@pytest.mark.parametrize(
    ("away", "known"),
    [
        ("prometheus", ["audit", "alerts", "probes"]),
        ("alerts", ["audit", "pipeline"]),
        ("results", ["pipeline", "alerts"]),
    ],
)
def test_the_page_comes_without_a_source_and_names_it(watched, browser, away, known):
    source = getattr(watched, away)
    source.away = True
    page = browser.get("/status")
    assert page.status_code == 200
    assert f"{source.name} could not be asked: no answer in time." in page.text
    found = status(watched)
    assert found["unavailable"] == [{"source": source.name, "reason": "no answer in time"}]
    assert all(found[name] is not None for name in known)


def test_with_every_source_away_the_page_still_comes(watched, browser):
    for source in (watched.prometheus, watched.alerts, watched.results):
        source.away = True
    page = browser.get("/status")
    assert page.status_code == 200
    assert "Nothing could be measured right now" in page.text
    assert status(watched)["verdict"]["holds"] is None


def test_with_nothing_measured_yet_each_part_says_so(watched, browser):
    watched.prometheus.samples, watched.prometheus.series = [], []
    watched.results.found, watched.results.sent, watched.results.minutes = None, [], []
    page = browser.get("/status")
    assert "The first audit has not come round yet." in page.text
    assert "No probe yet" in page.text
    assert "Nothing to compare yet" in page.text
    assert "Nothing is firing" in page.text


def test_a_flood_of_visitors_reaches_no_source(watched, browser):
    for _ in range(50):
        assert browser.get("/status").status_code == 200
    assert (watched.prometheus.asked, watched.alerts.asked) == (3, 1)
    watched.clock.advance(2.1)
    browser.get("/status")
    assert (watched.prometheus.asked, watched.alerts.asked) == (6, 2)


def test_what_fires_stands_there_with_its_figure_and_what_to_do(watched, browser):
    watched.alerts.alerts = [an_alert("ProcessDown", "page", "auth-web has not answered for 15 s")]
    page = browser.get("/status")
    assert "auth-web has not answered for 15 s" in page.text
    assert "docs/runbooks/X.md" in page.text
    assert "the alert that always fires has not arrived" in page.text


@pytest.mark.parametrize(("who", "named"), [(None, False), ("ann", False), ("eve@support", True), ("eve@admin", True)])
def test_an_account_is_named_to_staff_alone(watched, browser, who, named):
    watched.results.found = watched.results.found.__class__(NOW, 469, 51, {"EUR": 500}, (a_breach(),))
    watched.alerts.alerts = [an_alert("LedgerDrift", "page", f"account {ACCOUNT} differs by 500", account=ACCOUNT)]
    if who:
        browser.set_cookie(COOKIE_NAME, who)
    page = browser.get("/status")
    assert (ACCOUNT in page.text) is named
    assert "LedgerDrift" in page.text
    assert ACCOUNT not in browser.get("/v1/status").text


def test_a_probes_journey_is_linked_for_staff_alone(watched, browser):
    probe = watched.results.sent[0].transfer_id
    assert probe not in browser.get("/status").text
    browser.set_cookie(COOKIE_NAME, "eve@support")
    assert f"/journey/{probe}" in browser.get("/status").text


def test_a_process_that_does_not_answer_is_shown_as_down(watched, browser):
    watched.prometheus.samples = [
        each if each.labels.get("process") != "auth-web" else type(each)(each.labels, 0.0) for each in samples()
    ]
    page = browser.get("/status")
    assert re.search(r'process-down">\s*<span>auth-web', page.text)
    assert "1 process is down" in page.text


def test_a_server_that_nobody_asks_about_is_not_called_up(watched):
    servers = {each["name"]: each["up"] for each in status(watched)["processes"] if each["service"] == "servers"}
    assert (servers["kafka"], servers["mongod"]) == (True, None)


def test_a_minute_that_lacks_something_is_marked(watched, browser):
    watched.results.minutes = [a_minute(NOW.replace(minute=0), notified=3), a_minute(NOW, notified=3)]
    page = browser.get("/status")
    assert page.text.count('class="bad"') == 1
    assert page.text.count('class="pending"') == 1


def test_a_figure_is_never_rounded_up_to_a_hundred_percent(watched, browser):
    watched.prometheus.samples = samples(available=0.9999999)
    assert "99.99%" in browser.get("/status").text


def test_one_question_has_every_figure(watched):
    asked = question()
    assert all(f'"{name}"' in asked for name in EXPRESSIONS)
    assert all(name in asked for name in GAUGES)
    watched.prometheus.samples = [*samples(), calculated("answered_p99", None)]
    assert status(watched)["pipeline"][0]["p99_seconds"] == 0.048


def test_every_route_is_documented_and_nothing_else_is(watched):
    assert api_routes(watched.app) == documented(Path(wiring.__file__).with_name("openapi.yaml"))


def test_every_alert_of_the_rules_leads_to_its_runbook_here(watched, browser):
    page = browser.get("/runbooks")
    names = re.findall(r'href="/runbooks/(\w+)"', page.text)
    assert "KafkaDown" in names
    assert "README" not in names
    for name in names:
        assert browser.get(f"/runbooks/{name}").status_code == 200
    assert "Severity: page" in browser.get("/runbooks/KafkaDown").text


@pytest.mark.parametrize("name", ["Nothing", "README", "..%2FREADME", "kafkadown", "KafkaDown.md"])
def test_what_is_no_runbook_is_not_found(browser, name):
    assert browser.get(f"/runbooks/{name}").status_code == 404


def test_an_alert_s_runbook_is_a_link_on_the_page_and_an_address_in_the_document(watched, browser):
    watched.alerts.alerts = [replace(an_alert("KafkaDown"), runbook_url="docs/runbooks/KafkaDown.md")]
    url = "http://localhost:5004/runbooks/KafkaDown"
    assert f'<a href="{url}">What to do</a>' in browser.get("/status").text
    assert [alert["runbook_url"] for alert in status(watched)["alerts"]] == [url]
