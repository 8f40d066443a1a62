"""The pages of jobs as a person's browser sees them, without JavaScript."""

from __future__ import annotations

import re

import pytest

from contracts.session import COOKIE_NAME
from tests.unit.analytics_service.lakes import transfer
from tests.unit.analytics_service.reporters import Reporter


@pytest.fixture
def browser(front, lake):
    lake.put(transfer(1, None, "ann", 100_000), transfer(2, "ann", "bob", 1250))
    front.environ_base["HTTP_ACCEPT"] = "text/html"
    front.set_cookie(COOKIE_NAME, "ann")
    return front


@pytest.fixture
def reporter(lake):
    return Reporter(lake)


def token(browser):
    return re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.get("/jobs").text)[1]


def order(browser, **fields):
    return browser.post("/jobs", data={"csrf_token": token(browser), "report": "totals"} | fields)


def id_of(answer):
    assert answer.status_code == 303, answer.text
    return answer.location.rpartition("/")[2]


def test_whoever_is_not_signed_in_is_sent_to_log_in_and_back(front):
    assert "next=" in front.get("/jobs").location
    front.environ_base["HTTP_ACCEPT"] = "text/html"
    assert front.post("/jobs").status_code == 400


def test_without_jobs_it_says_so(browser):
    text = browser.get("/jobs").text
    assert "No jobs yet" in text
    assert "http-equiv" not in text


def test_a_form_orders_a_job_and_shows_it(browser):
    answer = order(browser, format="csv", currency="EUR", type="", granularity="day", **{"from": "2026-01-01"})
    page = browser.get(answer.location).text
    assert "Totals" in page
    assert "CSV · from Jan 1, 2026 · in EUR" in page
    assert 'data-state="queued"' in page
    assert "It is next" in page
    assert '<noscript><meta http-equiv="refresh"' in page


def test_what_was_asked_for_is_told_in_words(browser):
    asked = {"status": "rejected", "reason": "insufficient_funds", "currency": "EUR", "amount_min": "100"}
    answer = order(
        browser, report="transfers", format="csv", zone="Europe/Berlin", **{"from": "2026-01-01T00:00:00Z"}, **asked
    )
    for path in (answer.location, "/jobs"):
        text = re.sub(r"\s+", " ", browser.get(path).text)
        assert "from Jan 1, 2026, 00:00:00 UTC · in EUR · status Rejected · reason Balance too low" in text
        assert "amount from €1.00 · time zone Europe/Berlin" in text


def test_the_form_means_the_zone_that_it_shows(browser, lake):
    assert 'name="zone" value="UTC"' in browser.get("/jobs").text
    browser.get("/reports?zone=America/New_York")
    form = browser.get("/jobs").text
    zone = re.search(r'name="zone" value="([^"]*)"', form)[1]
    assert (zone, '<option value="Europe/Berlin">' in form) == ("America/New_York", True)
    answer = order(browser, zone=zone, **{"from": "2026-01-01"})
    job = lake.jobs.find(id_of(answer))
    assert job.order.filter == {"from": "2026-01-01", "zone": "America/New_York"}
    assert "time zone America/New_York" in browser.get(answer.location).text


def test_thresholds_are_typed_as_people_type_them(browser, lake):
    browser.set_cookie(COOKIE_NAME, "olga")
    assert 'name="risk_structuring.under"' in browser.get("/jobs").text
    typed = {"risk_structuring.under": "1500.00", "risk_structuring.band": "5", "risk_cycle.hops": "2"}
    answer = order(browser, report="risk_structuring", currency="EUR", **typed)
    assert lake.jobs.find(id_of(answer)).order.thresholds == {"under": 150_000, "band": 5}
    assert "in EUR · the limit: €1,500.00 · percent below the limit: 5" in browser.get(answer.location).text


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ({"risk_structuring.under": "1500.00"}, "Choose one currency"),
        ({"risk_structuring.under": "15,000.00", "currency": "EUR"}, "enter an amount like 12.50"),
        ({"risk_structuring.under": "0.01", "currency": "EUR"}, "enter an amount like 12.50"),
        ({"risk_structuring.band": "51"}, "thresholds/band is a whole number from 1 to 50"),
        ({"risk_structuring.band": "some"}, "thresholds/band: "),
    ],
)
def test_a_threshold_that_can_not_be_used_is_said(browser, typed, why):
    browser.set_cookie(COOKIE_NAME, "olga")
    order(browser, report="risk_structuring", **typed)
    assert why in browser.get("/jobs").text


def test_people_are_not_asked_for_thresholds(browser):
    assert "risk_" not in browser.get("/jobs").text


def test_a_form_without_its_token_orders_nothing(browser):
    assert browser.post("/jobs", data={"report": "totals"}).status_code == 400
    assert "No jobs yet" in browser.get("/jobs").text


@pytest.mark.parametrize(
    "fields",
    [
        {"report": "profits"},
        {"format": "docx"},
        {"currency": "EURO"},
        {"limit": "many"},
        {"limit": "5"},
        {"zone": "Mars"},
        {"limit": "9" * 5_000},
    ],
)
def test_what_cannot_be_made_is_said(browser, fields):
    answer = order(browser, **fields)
    assert answer.location == "/jobs"
    page = browser.get("/jobs").text
    assert "This can&#39;t be made" in page
    assert "No jobs yet" in page


def test_a_finished_job_is_downloaded(browser, reporter):
    id = id_of(order(browser, report="transfers", format="csv"))
    reporter.work_off()
    page = browser.get("/jobs").text
    assert f'href="/jobs/{id}/result"' in page
    assert "2 rows" in page
    assert "http-equiv" not in page
    answer = browser.get(f"/jobs/{id}/result", buffered=True)
    assert answer.text.startswith("position,event_id")
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_a_job_is_cancelled_and_deleted(browser, reporter):
    id = id_of(order(browser))
    browser.post(f"/jobs/{id}/cancel", data={"csrf_token": token(browser)})
    assert 'data-state="cancelled"' in browser.get(f"/jobs/{id}").text
    reporter.work_off()
    assert reporter.begun == []
    assert browser.post(f"/jobs/{id}/delete", data={"csrf_token": token(browser)}).location == "/jobs"
    assert browser.get(f"/jobs/{id}").status_code == 404


def test_nothing_is_changed_without_the_token(browser):
    id = id_of(order(browser))
    for act in ("cancel", "delete"):
        assert browser.post(f"/jobs/{id}/{act}").status_code == 400
    assert 'data-state="queued"' in browser.get(f"/jobs/{id}").text


def test_a_running_job_shows_how_far_it_is(browser, lake):
    from analytics_service.domain.job import Progress

    id = id_of(order(browser))
    claimed = lake.jobs.claim(id)
    lake.clock.advance(30)
    lake.jobs.keep({claimed.claim: Progress(4, 3, 4000)})
    page = browser.get("/jobs").text
    assert 'value="75"' in page
    assert "3 of 4 files, about 3,000 of 4,000 rows" in page
    assert "about 10 seconds left" in page


def test_an_analyst_looks_at_everybodys(browser):
    id = id_of(order(browser))
    assert "Everybody" not in browser.get("/jobs").text
    browser.set_cookie(COOKIE_NAME, "olga")
    assert id not in browser.get("/jobs").text
    page = browser.get("/jobs?whose=everybody").text
    assert id in page
    assert "user-ann" in page
    assert f"/jobs/{id}/cancel" not in page
    assert browser.get(f"/jobs/{id}/result").status_code == 404
