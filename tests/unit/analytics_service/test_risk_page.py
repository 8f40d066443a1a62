"""The page of risk as an analyst's browser sees it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from analytics_service.presentation import WORDS
from analytics_service.reports.risk.patterns import RISK_REPORTS
from contracts.session import COOKIE_NAME
from tests.unit.analytics_service.lakes import account, an_id, transfer

START = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def browser(front, lake):
    lake.put(
        transfer(1, "ann", "bob", 50_000, at=START),
        transfer(2, "bob", "cleo", 49_000, at=START + timedelta(hours=5)),
        transfer(3, "cleo", "ann", 48_000, at=START + timedelta(hours=9)),
    )
    front.environ_base["HTTP_ACCEPT"] = "text/html"
    return front


def page(browser, query="", who="olga"):
    browser.set_cookie(COOKIE_NAME, who)
    return browser.get(f"/risk{query}")


def test_each_pattern_has_a_page_with_its_thresholds(browser):
    for name, report in RISK_REPORTS.items():
        answer = page(browser, f"?pattern={name}")
        assert answer.status_code == 200
        assert all(f'name="{threshold.name}"' in answer.text for threshold in report.thresholds)


def test_a_finding_is_drawn_and_has_its_proof(browser):
    text = page(browser, "?pattern=cycle").text
    assert text.count("<line") == text.count("<circle") == 3
    assert all(an_id(number) in text for number in (1, 2, 3))
    assert (f'data-account="{account("ann")}"' in text, "€1,470.00" in text) == (True, True)


def test_a_threshold_that_is_set_decides(browser):
    assert 'id="nothing"' in page(browser, "?pattern=cycle&hops=2").text
    assert 'id="nothing"' in page(browser, "?pattern=cycle&from=2026-03-02").text


def test_an_amount_is_typed_in_the_currency_that_is_chosen(browser):
    assert an_id(3) in page(browser, "?pattern=cycle&currency=EUR&min_amount=480.00").text
    assert 'id="nothing"' in page(browser, "?pattern=cycle&currency=EUR&min_amount=480,01").text
    assert 'id="nothing"' in page(browser, "?pattern=cycle&currency=JPY&min_amount=480").text


def test_what_is_looked_at_is_ordered_as_a_job(browser, lake):
    text = page(browser, "?pattern=cycle&currency=EUR&min_amount=480.00&hops=4&tolerance=0&from=2026-03-01").text
    form = text[text.index('action="/jobs"') :]
    fields = dict(re.findall(r'name="([^"]+)"[^>]*value="([^"]*)"', form[: form.index("</form>")]))
    job = browser.post("/jobs", data=fields).location.rpartition("/")[2]
    order = lake.jobs.find(job).order
    assert (order.report, order.filter) == ("risk_cycle", {"from": "2026-03-01", "currency": ["EUR"]})
    assert order.thresholds == {"window_hours": 72, "hops": 4, "tolerance": 0, "min_amount": 48_000}


@pytest.mark.parametrize(
    "query",
    [
        "hops=9",
        "hops=many",
        "from=yesterday",
        "min_amount=480",
        "min_amount=4800000&currency=XXXX",
        "min_amount=4.801&currency=EUR",
        "min_amount=0&currency=EUR",
    ],
)
def test_what_can_not_be_used_is_said_at_its_field(browser, query):
    answer = page(browser, f"?pattern=cycle&{query}")
    assert answer.status_code == 400
    assert 'class="invalid-feedback' in answer.text


def test_an_unknown_pattern_is_not_found(browser):
    assert page(browser, "?pattern=magic").status_code == 404


def test_it_is_not_for_the_people_themselves(browser):
    assert page(browser, who="ann").status_code == 403
    for path in ("/reports/build?report=risk_cycle", "/reports/risk_cycle.csv"):
        assert browser.get(path).status_code == 403


def test_whoever_is_not_signed_in_is_sent_to_log_in(browser):
    assert browser.get("/risk").location.startswith("http://localhost:5000/login_form?next=")


def test_people_read_what_a_pattern_is_and_programs_its_code(browser):
    browser.set_cookie(COOKIE_NAME, "olga")
    for path in ("/reports/build?report=risk_cycle", "/reports/risk_cycle.html"):
        assert '<data value="cycle">Money in a circle</data>' in browser.get(path).text
    assert "\ncycle," in browser.get("/reports/risk_cycle.csv").text.replace("\r", "")
    assert set(RISK_REPORTS) <= set(WORDS)
