"""Schedules as programs see them, and on their page."""

from __future__ import annotations

import re

import pytest

from contracts.session import COOKIE_NAME
from tests.unit.analytics_service.lakes import user

DAILY = {"report": "totals", "every": "day", "at": "07:30"}


def call(front, method, path, who="ann", **options):
    return front.open(path, method=method, headers={"Authorization": f"Bearer {who}"}, **options)


def make(front, who="ann", **body):
    return call(front, "POST", "/v1/schedules", who, json=DAILY | body)


def test_a_schedule_is_made_listed_looked_at_and_deleted(front):
    made = make(front, format="csv", period="last_month", every="month", day=31, zone="Europe/Berlin")
    assert made.status_code == 201
    assert made.headers["Location"] == f"/v1/schedules/{made.json['id']}"
    assert {name: made.json[name] for name in ("every", "day", "weekday", "at", "zone", "next_due")} == {
        "every": "month",
        "day": 31,
        "weekday": None,
        "at": "07:30",
        "zone": "Europe/Berlin",
        "next_due": "2026-01-31T06:30:00.000Z",
    }
    assert call(front, "GET", "/v1/schedules").json == {"schedules": [made.json]}
    assert call(front, "GET", made.headers["Location"]).json == made.json
    assert call(front, "DELETE", made.headers["Location"]).status_code == 204
    assert call(front, "GET", "/v1/schedules").json == {"schedules": []}
    assert call(front, "DELETE", made.headers["Location"]).json["code"] == "schedule_not_found"


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"report": "profits"}, "#/report"),
        ({"every": "hour"}, "#/every"),
        ({"at": "24:00"}, "#/at"),
        ({"at": "7:30"}, "#/at"),
        ({"weekday": 8}, "#/weekday"),
        ({"day": 32}, "#/day"),
        ({"zone": "Mars"}, "#/zone"),
        ({"period": "tomorrow"}, "#/period"),
        ({"period": "yesterday", "filter": {"from": "2026-01-01"}}, "#/filter/from"),
        ({"filter": {"currency": {"$gt": ""}}}, "#/filter/currency"),
        ({"report": "statement"}, "#/filter/account"),
        ({"limit": 3}, "#/limit"),
    ],
)
def test_what_can_not_be_made_is_refused_and_its_place_named(front, body, place):
    answer = make(front, **body)
    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")
    assert place in [mistake["pointer"] for mistake in answer.json["errors"]]
    assert call(front, "GET", "/v1/schedules").json == {"schedules": []}


def test_a_schedule_has_thresholds_checked_as_the_report_checks_them(front):
    made = make(front, "olga", report="risk_cycle", thresholds={"hops": 4})
    assert made.json["thresholds"] == {"hops": 4}
    refused = make(front, "olga", report="risk_cycle", thresholds={"hops": 7})
    assert refused.json["errors"][0]["pointer"] == "#/thresholds/hops"
    assert "from 2 to 6" in refused.json["detail"]


def test_a_filter_may_have_its_own_dates_where_there_is_no_period(front):
    assert make(front, filter={"from": "2026-01-01"}).status_code == 201


def test_nobody_sees_or_ends_anothers(front):
    path = make(front).headers["Location"]
    for method in ("GET", "DELETE"):
        for who in ("bob", "olga"):
            assert call(front, method, path, who).json["code"] == "schedule_not_found"
    assert call(front, "GET", "/v1/schedules", "bob").json == {"schedules": []}


def test_nobody_schedules_another_persons_figures(front):
    assert make(front, filter={"user": user("bob")}).json["code"] == "others_figures"
    assert make(front, "olga", filter={"user": user("bob")}).status_code == 201


def test_a_service_has_none(front):
    assert make(front, "robot").json["code"] == "nobodys_schedule"
    assert call(front, "GET", "/v1/schedules", "robot").status_code == 403


def test_a_person_has_so_many_and_no_more(front):
    for _ in range(20):
        assert make(front).status_code == 201
    answer = make(front)
    assert (answer.status_code, answer.json["code"]) == (409, "too_many_schedules")
    assert make(front, "bob").status_code == 201


@pytest.fixture
def browser(front):
    front.environ_base["HTTP_ACCEPT"] = "text/html"
    front.set_cookie(COOKIE_NAME, "ann")
    return front


def send(browser, path="/jobs/schedules", **fields):
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.get("/jobs/schedules").text)[1]
    filled = {
        "report": "per_day",
        "format": "csv",
        "period": "last_week",
        "every": "week",
        "weekday": "1",
        "at": "06:00",
    }
    return browser.post(path, data={"csrf_token": token} | filled | fields)


def test_the_page_has_a_form_and_shows_what_it_has_made(browser):
    assert "No schedules yet" in browser.get("/jobs/schedules").text
    assert send(browser, zone="Europe/Berlin").location == "/jobs/schedules"
    text = browser.get("/jobs/schedules").text
    assert "Every week, Mon" in text
    assert "at 06:00, Europe/Berlin" in text
    assert "Jan 5, 2026, 05:00:00 UTC" in text


def test_the_form_takes_thresholds_and_shows_them(browser):
    browser.set_cookie(COOKIE_NAME, "olga")
    asked = {"report": "risk_cycle", "risk_cycle.hops": "4", "risk_cycle.min_amount": "20.00"}
    answer = send(browser, **asked)
    assert (answer.status_code, 'value="20.00"' in answer.text) == (400, True)
    assert send(browser, currency="EUR", **asked).status_code == 303
    assert "in EUR · payments in a row: 4 · smallest payment: €20.00" in browser.get("/jobs/schedules").text


def test_what_the_form_can_not_mean_is_said_and_stays_filled_in(browser):
    answer = send(browser, at="soon")
    assert answer.status_code == 400
    assert "invalid-feedback" in answer.text
    answer = send(browser, zone="Mars")
    assert answer.status_code == 400
    assert "zone is no time zone of IANA" in answer.text
    assert 'value="Mars"' in answer.text
    assert "No schedules yet" in browser.get("/jobs/schedules").text


def test_a_schedule_is_deleted_by_its_button(browser):
    send(browser)
    id = re.search(r'<li id="([^"]+)"', browser.get("/jobs/schedules").text)[1]
    assert browser.post(f"/jobs/schedules/{id}/delete").status_code == 400
    send(browser, f"/jobs/schedules/{id}/delete")
    assert "No schedules yet" in browser.get("/jobs/schedules").text


def test_whoever_is_not_signed_in_is_sent_to_log_in(front):
    assert "next=" in front.get("/jobs/schedules").location
