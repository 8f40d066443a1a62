"""The overview, a person's spending, and the page that builds a report, as a browser sees them."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from datetime import datetime, timedelta

import pyarrow.parquet as pq
import pytest

from analytics_service.figures.drawings import while_time_passes
from analytics_service.figures.one_report import drawings_of
from analytics_service.figures.view import View
from analytics_service.filters import Selection
from analytics_service.presentation import coded
from analytics_service.reports import REPORTS
from analytics_service.use_cases.days import Days
from analytics_service.use_cases.exports import EXPORTS, offered
from contracts.moments import rfc3339
from contracts.session import COOKIE_NAME
from tests.unit.analytics_service.lakes import NOON, account, transfer, user
from tests.unit.analytics_service.reporters import Reporter

WEEK = timedelta(days=7)


@pytest.fixture
def browser(front, lake):
    lake.put(transfer(1, None, "ann", 100_000), transfer(2, "ann", "bob", 1250), transfer(3, "bob", "ann", 300))
    lake.put(transfer(4, "ann", None, 9, reason="unknown_payee"), transfer(5, "cleo", "bob", 70_000))
    lake.clock.sleep(3_600)
    front.environ_base["HTTP_ACCEPT"] = "text/html"
    return front


def page(browser, who, path):
    browser.set_cookie(COOKIE_NAME, who)
    return browser.get(path)


def stat(text, id):
    part = re.search(rf'<div class="stat[^"]*" id="{id}">(.*?)</div>', text, re.S)[1]
    return [html.unescape(each) for each in re.findall(r"<d[td][^>]*>([^<]+)<", part)]


def test_the_first_page_is_the_overview_or_ones_own_spending(browser):
    assert page(browser, "olga", "/").location == "/overview"
    assert page(browser, "ann", "/").location == "/spending"
    assert page(browser, "ann", "/overview").location == "/spending"
    browser.delete_cookie(COOKIE_NAME)
    assert browser.get("/overview").location.startswith("http://localhost:5000/login_form?next=")


def test_the_overview_tells_today_against_the_same_hours_a_week_ago(browser, lake):
    week_ago = NOON - WEEK
    lake.put(transfer(10, amount=143_100, at=week_ago), transfer(11, amount=1, at=week_ago + timedelta(hours=2)))
    text = page(browser, "olga", "/overview").text
    assert stat(text, "moved-EUR") == ["Paid today", "€715.50", "-50% · €1,431.00 at this time a week ago"]
    assert stat(text, "payments")[1:] == ["3", "+200% · 1 at this time a week ago"]
    assert stat(text, "success")[1:] == ["75%", "100% a week ago"]
    assert stat(text, "active") == ["Active accounts today", "3", "2 at this time a week ago"]
    assert text.count("<polyline") == 3


def test_minutes_that_are_kept_no_longer_are_not_missing_a_week_ago(browser, lake):
    lake.put(transfer(10, amount=143_100, at=NOON - WEEK + timedelta(minutes=70)))
    lake.clock.sleep(1_800)
    lake.manifest.forget_minutes(NOON - timedelta(hours=48))
    text = page(browser, "olga", "/overview").text
    assert stat(text, "payments")[1:] == ["3", "+200% · 1 at this time a week ago"]


def test_where_midnight_is_in_the_middle_of_an_hour_no_day_lacks_one(lake):
    before = [transfer(number, at=NOON - timedelta(days=5, hours=number)) for number in range(1, 25)]
    lake.put(*before)
    lake.manifest.forget_minutes(NOON - timedelta(hours=48))
    days = Days(lake.rollups, Reporter(lake).reports, lake.clock).last("Asia/Kolkata").days
    assert sum(day.posted for day in days) == len(before)


def test_the_overview_says_what_was_refused_and_leads_to_it(browser):
    text = page(browser, "olga", "/overview").text
    assert "1 refused today: Unknown payee." in text
    link = html.unescape(re.search(r'href="(/reports/build[^"]*reason=unknown_payee[^"]*)"', text)[1])
    assert values(page(browser, "olga", link).text, "position") == ["4"]


def test_fewer_payments_that_go_well_are_said_first(browser, lake):
    lake.put(*(transfer(100 + n, at=NOON - WEEK) for n in range(20)))
    lake.put(*(transfer(200 + n, reason="limit_exceeded", at=NOON) for n in range(20)))
    text = page(browser, "olga", "/overview").text
    assert "Fewer payments go well: 12.5%, a week ago 100%." in text
    assert 'class="stat stat-bad" id="success"' in text
    assert "Less than half the payments of a week ago: 3, not 20." in text


def test_the_overview_of_a_quiet_platform_worries_nobody(front, lake):
    text = page(front, "olga", "/overview").text
    assert "Nothing: payments go well, and none was refused today." in text
    assert stat(text, "success")[1:] == ["–", "no payment yet"]


def test_today_begins_at_midnight_of_the_zone(browser, lake):
    lake.put(transfer(6, amount=1, at=NOON.replace(hour=2)))
    assert stat(page(browser, "olga", "/overview").text, "payments")[1] == "4"
    assert stat(page(browser, "olga", "/overview?zone=Asia/Kathmandu").text, "payments")[1] == "4"
    assert stat(page(browser, "olga", "/overview?zone=America/New_York").text, "payments")[1] == "3"
    assert page(browser, "olga", "/overview?zone=Mars").status_code == 400


def test_a_person_sees_what_they_spent_on_whom_and_what_is_left(browser):
    text = page(browser, "ann", "/spending").text
    assert '<dd>€20.00</dd><dd class="stat-note">on the account that you use most' in text
    biggest = re.search(r'id="biggest">(.*?)</section>', text, re.S)[1]
    assert re.findall(r'title="(account-\w+)"', biggest) == [account("bob")]
    assert "€12.50" in biggest
    assert "€3.00" not in biggest
    assert account("cleo") not in text
    assert {"amounts-in-EUR", "amounts-out-EUR", "balance"} <= set(
        re.findall(r'<figure class="chart" id="([^"]*)"', text)
    )


def test_a_new_persons_spending_is_said_to_be_nothing(browser):
    assert "Nothing has moved yet" in page(browser, "dan", "/spending").text


def test_a_month_of_spending_is_one_of_the_zone(browser, lake):
    lake.put(transfer(6, at=NOON.replace(day=31, hour=23)))
    lake.clock.sleep(40 * 86_400)
    assert ">2026-02<" not in page(browser, "ann", "/spending").text
    assert ">2026-02<" in page(browser, "ann", "/spending?zone=Europe/Berlin").text


# -- the builder ---------------------------------------------------------------------------------------------------


def values(text, column=None):
    """What the table of a built report has, as the exports have it: all rows, or one column of them."""
    table = re.search(r'<table [^>]*id="rows">(.*?)</table>', text, re.S)[1]
    columns = re.findall(r'data-column="(\w+)"', table)
    rows = [re.findall(r'<data value="([^"]*)">', row) for row in re.findall(r"<tr><td.*?</tr>", table, re.S)]
    rows = [dict(zip(columns, map(html.unescape, row), strict=True)) for row in rows]
    return rows if column is None else [row[column] for row in rows]


def test_twenty_thousand_minutes_are_too_many_to_draw(front):
    both = {"currency": "EUR", "type": "payment", "direction": "all", "posted": 1, "rejected": 1, "amount": 1}
    starts = [NOON + timedelta(minutes=number) for number in range(20_000)]
    rows = [{"start": start, "period": rfc3339(start), **both} for start in starts for _ in range(2)]
    view = View(Selection(), own=False)
    with front.application.test_request_context():
        assert drawings_of("per_minute", rows, view) == []
        [_, counts] = while_time_passes(rows[:10], "per_minute", view)
    assert [series.values for series in counts.chart.series] == [[2] * 5, [2] * 5]


def test_nothing_is_read_before_a_report_is_chosen(browser, lake):
    text = page(browser, "olga", "/reports/build").text
    assert 'id="result"' not in text
    assert all(f'<option value="{name}">' in text or f'selected value="{name}">' in text for name in REPORTS)


@pytest.mark.parametrize("path", ["/reports/build", "/jobs", "/jobs/schedules"])
def test_nobody_is_offered_a_report_that_would_be_refused(browser, path):
    for who, theirs in (("ann", offered(own=True)), ("olga", EXPORTS)):
        choice = re.search(r'<select [^>]*name="report".*?</select>', page(browser, who, path).text, re.S)[0]
        assert sorted(re.findall(r'value="(\w+)"', choice)) == sorted(theirs)
    assert set(EXPORTS) - set(offered(own=True)) == {name for name in EXPORTS if name.startswith("risk_")}


def told(rows):
    """As CSV has them."""
    return [{key: "" if value is None else str(value) for key, value in row.items()} for row in rows]


@pytest.mark.parametrize("who", ["olga", "ann"])
def test_every_format_has_the_rows_of_the_screen(browser, who):
    query = f"account={account('ann')}&user={user('ann')}&type=payment&type=grant&currency=EUR&amount_min=2"
    # What finds patterns of risk finds none among these few: tests of its own plant some.
    for name in (*(name for name, report in REPORTS.items() if not report.analysts_only), "transfers"):
        text = page(browser, who, f"/reports/build?report={name}&{query}").text
        screen = values(text)
        assert screen, name
        links = re.findall(r'href="(/reports/\w+\.(\w+)\?[^"]*)"', text)
        files = {ending: page(browser, who, html.unescape(link)) for link, ending in links}
        assert set(files) == {"json", "csv", "jsonl", "parquet", "html"}
        assert list(csv.DictReader(io.StringIO(files["csv"].text))) == screen
        assert told(map(json.loads, files["jsonl"].text.splitlines())) == screen
        assert told(json.loads(files["json"].text)["rows"]) == screen
        assert values(files["html"].text) == screen
        typed = pq.read_table(io.BytesIO(files["parquet"].data)).to_pylist()
        assert (
            told([{k: rfc3339(v) if isinstance(v, datetime) else v for k, v in row.items()} for row in typed]) == screen
        )


def test_rows_are_paged_on_the_page(browser, lake):
    lake.put(*(transfer(10 + n) for n in range(250)))
    path, seen = "/reports/build?report=transfers&after=9", []
    while path:
        text = page(browser, "olga", path).text
        seen += map(int, values(text, "position"))
        more = re.search(r'rel="next" href="([^"]*)"', text)
        path = more and html.unescape(more[1])
    assert seen == list(range(259, 9, -1))


def test_the_rows_of_a_report_are_paged_too(browser, lake):
    lake.put(*(transfer(10 + n, at=NOON + timedelta(minutes=n)) for n in range(150)))
    text = page(browser, "olga", "/reports/build?report=per_minute&after=9").text
    assert "Rows 1 to 100 of 150" in text
    more = html.unescape(re.search(r'rel="next" href="([^"]*)"', text)[1])
    assert "Rows 101 to 150 of 150" in page(browser, "olga", more).text


@pytest.mark.parametrize(
    "query",
    [
        "report=profits",
        "report=statement",
        "report=totals&limit=5",
        "report=top_payers&limit=101",
        "report=accounts&limit=x",
        "report=totals&type=open",
        "report=totals&to=2026-01-02&from=2026-01-03",
    ],
)
def test_what_cannot_be_built_is_said_at_its_field(browser, query):
    answer = page(browser, "olga", f"/reports/build?{query}")
    assert answer.status_code == 400
    assert "invalid-feedback" in answer.text


def test_the_page_orders_a_job_with_the_same_filter(browser, lake):
    browser.application.config["WTF_CSRF_ENABLED"] = True
    text = page(browser, "ann", "/reports/build?report=totals&type=payment&type=grant&currency=EUR&amount_min=2").text
    form = re.search(r'<form method="post" action="/jobs">(.*?)</form>', text, re.S)[1]
    fields = re.findall(r'<input[^>]*name="(\w+)"[^>]*value="([^"]*)"', form)
    sent = {name: [value for other, value in fields if other == name] for name, _ in fields}
    answer = browser.post("/jobs", data={**sent, "format": "csv"})
    assert answer.location.startswith("/jobs/")
    (job,) = lake.jobs.page(None, 10, user("ann"))
    assert {name: sorted(value) for name, value in job.order.filter.items() if name == "type"} == {
        "type": ["grant", "payment"]
    }
    assert (job.order.filter["currency"], job.order.filter["amount_min"]) == (["EUR"], "2")


def test_hostile_texts_stay_texts(browser, lake):
    event = transfer(6, "ann", "bob")
    event["transfer"]["payer"]["account"] = '"><script>alert(1)</script>'
    lake.put(event)
    text = page(browser, "olga", "/reports/build?report=transfers&text=%3Cscript%3E").text
    assert "<script>alert(1)" not in text
    assert values(text, "payer_account") == ['"><script>alert(1)</script>']


OF_ANALYSTS = ("/overview", "/reports", "/reports/build", "/jobs", "/risk", "/reconciliation")
OF_PEOPLE = ("/spending", "/reports", "/reports/build", "/jobs")


@pytest.mark.parametrize(
    ("who", "path", "places", "here"),
    [
        *(("olga", path, OF_ANALYSTS, path) for path in (*OF_ANALYSTS, "/jobs/schedules")),
        *(("ann", path, OF_PEOPLE, path) for path in (*OF_PEOPLE, "/jobs/schedules")),
    ],
)
def test_every_page_of_reports_leads_to_the_others(browser, who, path, places, here):
    nav = re.search(r'<nav class="tabs" aria-label="Reports">(.*?)</nav>', page(browser, who, path).text, re.S)[1]
    assert re.findall(r'href="([^"]+)"', nav) == list(places)
    assert re.findall(r'href="([^"]+)" class="here"', nav) == [here.removesuffix("/schedules")]


def test_names_of_a_description_are_set_as_code_and_nothing_else_is(browser):
    text = page(browser, "olga", "/reports/build?report=per_day").text
    assert "<code>start</code> is its first moment" in text
    assert coded("`a<b` & c") == "<code>a&lt;b</code> &amp; c"


def test_a_weekday_is_told_by_its_name(browser):
    text = page(browser, "ann", "/reports/build?report=hours_of_week&type=payment").text
    assert '<data value="5">Fri</data>' in text
