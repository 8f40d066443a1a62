"""The report page as a person's browser sees it."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from datetime import timedelta

import pytest

from analytics_service.presentation import SECTIONS
from contracts.session import COOKIE_NAME
from tests.unit.analytics_service.chances import a_journal, account_of
from tests.unit.analytics_service.histories import everything
from tests.unit.analytics_service.lakes import NOON, account, transfer, user


@pytest.fixture
def browser(front, lake):
    lake.put(transfer(1, None, "ann", 100_000), transfer(2, "ann", "bob", 1250), transfer(3, "bob", "ann", 300))
    lake.put(transfer(4, "ann", None, 9, reason="unknown_payee"), transfer(5, "cleo", "bob", 70_000))
    front.environ_base["HTTP_ACCEPT"] = "text/html"
    return front


def page(browser, who, query=""):
    browser.set_cookie(COOKIE_NAME, who)
    return browser.get(f"/reports{query}")


def test_whoever_is_not_signed_in_is_sent_to_log_in_and_back(browser):
    answer = browser.get("/reports?type=payment")
    assert answer.location.startswith("http://localhost:5000/login_form?next=")
    assert "type%3Dpayment" in answer.location


def test_a_person_sees_money_in_and_out_and_themselves_as_you(browser):
    text = page(browser, "ann").text
    assert "Your own figures" in text
    assert "Money out" in text
    assert "€12.50" in text
    assert "you" in text
    assert "€700.00" not in text


def test_an_analyst_sees_the_platforms_figures(browser):
    text = page(browser, "olga").text
    assert "The figures of the whole platform" in text
    assert "€715.50" in text
    assert "Unknown payee" in text


def test_the_page_says_up_to_where_it_is_complete(browser):
    assert 'data-position="5"' in page(browser, "ann").text


def test_every_chart_has_its_figures_in_a_table(browser):
    texts = [page(browser, "olga", f"?show={section}").text for section in SECTIONS]
    counts = [(text.count('class="chart"'), text.count("Show the figures")) for text in texts]
    assert counts == [(3, 3), (2, 2), (3, 3)]


def test_a_section_is_shown_at_a_time_and_the_others_are_a_link_away_with_the_same_filter(browser):
    text = page(browser, "olga", "?show=spread&currency=EUR").text
    for other in ("/reports?currency=EUR", "/reports?show=accounts&amp;currency=EUR"):
        assert f'href="{other}"' in text
    assert '<input id="show" name="show" type="hidden" value="spread">' in text, "the form stays in it"
    assert ('id="hours-of-week"' in text, 'id="counts"' in text, 'id="latest"' in text) == (True, False, False)
    assert 'id="counts"' in page(browser, "olga", "?show=nonsense").text


def test_only_the_reports_of_the_section_are_made(browser):
    def made():
        counts = re.findall(r"analytics_report_duration_seconds_count\{.*?\} (.*)", browser.get("/metrics").text)
        return sum(map(float, counts))

    page(browser, "olga", "?show=spread")
    assert made() == 3
    page(browser, "olga", "?show=accounts")
    assert made() == 3 + 5


def test_the_zone_that_was_looked_at_last_is_kept_for_pages_that_are_opened_without_a_filter(browser):
    assert "When, UTC" in page(browser, "ann").text
    page(browser, "ann", "?zone=Asia/Kathmandu")
    assert "When, Asia/Kathmandu" in page(browser, "ann").text
    assert "calendar of Asia/Kathmandu" in browser.get("/spending").text
    for path in ("/reports/build", "/jobs/schedules"):
        assert 'value="Asia/Kathmandu"' in re.sub("<datalist.*?</datalist>", "", browser.get(path).text, flags=re.S)
    assert "When, UTC" in page(browser, "ann", "?currency=EUR").text, "a link means the same to everybody"
    page(browser, "ann", "?zone=Mars")
    assert "When, Asia/Kathmandu" in page(browser, "ann").text
    page(browser, "ann", "?zone=")
    assert "When, UTC" in page(browser, "ann").text


def test_the_filter_filters_and_stays_in_the_form_and_the_downloads(browser):
    text = page(browser, "olga", "?status=rejected&currency=EUR&least=0.05").text
    assert "€700.00" not in text
    assert re.search('<input checked[^>]* value="EUR">', text)
    assert 'value="0.05"' in text
    assert "/reports/transfers.csv?currency=EUR&amp;status=rejected&amp;amount_min=5" in text


def test_amounts_of_a_link_are_shown_as_people_type_them(browser):
    text = page(browser, "olga", "?currency=EUR&amount_min=1250&amount_max=70000").text
    assert 'name="least" type="text" value="12.50"' in text
    assert 'name="most" type="text" value="700.00"' in text
    assert "amount_min=1250&amp;amount_max=70000" in text
    assert [line[4] for line in lines_of(text, "transfers")] == ["€700.00", "€12.50"]


def test_a_page_takes_a_link_with_moments_and_positions_as_the_api_does(browser):
    text = page(browser, "olga", "?from=2026-01-02T12:00:02Z&upto=3&type=payment&type=refund").text
    assert 'name="from" type="text" value="2026-01-02T12:00:02Z"' in text
    assert [line[4] for line in lines_of(text, "transfers")] == ["€3.00", "€12.50"]


def test_the_download_has_the_rows_of_the_filter(browser):
    browser.set_cookie(COOKIE_NAME, "ann")
    answer = browser.get("/reports/transfers.csv?status=rejected")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="transfers.csv"'
    assert [line.split(",")[0] for line in answer.text.split("\r\n")] == ["position", "4", ""]
    assert browser.get("/reports/totals.csv").text.startswith("currency,type,direction,posted")
    assert browser.get("/reports/profits.csv").status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        "?currency=EURO",
        "?from=today",
        "?from=2026-01-03&to=2026-01-02",
        "?status=open",
        "?zone=Mars",
        "?granularity=decade",
        f"?account={'x' * 101}",
        "?least=5",
        "?least=5.001&currency=EUR",
        "?most=9000000000000000&currency=EUR",
        "?least=2&most=1&currency=EUR",
        "?amount_min=x&currency=EUR",
        "?amount_min=100&currency=EURO",
        "?upto=-1",
        "?text=%01",
    ],
)
def test_a_filter_that_is_not_usable_is_said_at_its_field(browser, query):
    answer = page(browser, "ann", query)
    assert answer.status_code == 400
    assert "invalid-feedback" in answer.text
    assert browser.get(f"/reports/transfers.csv{query}").status_code == 400


def test_nothing_is_said_to_be_nothing(browser):
    assert "No transfers here yet" in page(browser, "dan").text
    assert "Nothing matches this filter" in page(browser, "ann", "?to=2020-01-01").text


def test_many_hours_are_drawn_as_days(browser, lake):
    lake.put(*(transfer(10 + hour, at=NOON + timedelta(hours=hour)) for hour in range(80)))
    assert "Payments per day" in page(browser, "olga").text


def test_success_is_of_payments_and_of_another_type_where_the_filter_names_it(browser, lake):
    lake.put(*(record.event for record in everything()[5:]))
    assert "Payments, " in page(browser, "olga").text
    refunds = page(browser, "olga", "?type=refund").text
    assert "Refunds, 1 of 2" in refunds
    assert "Refunds: why rejected" in refunds
    assert "More than was paid" in refunds


def test_what_waits_or_was_called_off_is_told_as_neither_good_nor_bad(browser, lake):
    lake.put(*(record.event for record in everything()[5:]))
    for status, word in (("pending", "Held"), ("voided", "Called off"), ("expired", "Expired")):
        assert f'<span class="chip">{word}</span>' in page(browser, "olga", f"?status={status}").text


def drawn(text, figure):
    """What a chart of the page draws."""
    found = re.search(
        rf'<figure class="chart" id="{figure}".*?<script type="application/json">(.*?)</script>', text, re.S
    )
    return json.loads(html.unescape(found[1]))


def lines_of(text, section):
    """The cells of a table of the page, row by row."""
    part = re.search(rf'<section [^>]*id="{section}">(.*?)</section>', text, re.S)[1]
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", part.partition("<tbody>")[2], re.S)
    return [[re.sub(r"<[^>]+>", "", cell).strip() for cell in re.findall(r"<td.*?</td>", row, re.S)] for row in rows]


def test_charts_count_by_what_was_asked_for_in_the_zone_that_was(browser, lake):
    lake.put(transfer(6, at=NOON.replace(hour=23)), transfer(7, at=NOON.replace(day=31, hour=23)))
    text = page(browser, "olga", "?granularity=month&zone=Europe/Berlin").text
    chart = drawn(text, "counts")
    assert chart["places"] == ["2026-01-01 00:00", "2026-02-01 00:00"]
    assert chart["axis"] == "Europe/Berlin"
    assert "<td>2026-02</td>" in text
    days = drawn(page(browser, "olga", "?granularity=day&zone=Europe/Berlin").text, "counts")["places"]
    assert days == ["2026-01-02 00:00", "2026-01-03 00:00", "2026-02-01 00:00"]


def test_an_hour_that_clocks_show_twice_is_told_apart_in_the_table(browser, lake):
    night = NOON.replace(month=10, day=25, hour=0, minute=30)
    lake.put(transfer(6, at=night), transfer(7, at=night + timedelta(hours=1)))
    text = page(browser, "olga", "?granularity=hour&zone=Europe/Berlin&from=2026-10-25&to=2026-10-25").text
    assert drawn(text, "counts")["places"] == ["2026-10-25 02:00", "2026-10-25 02:00"]
    assert "<td>2026-10-25 02:00+02:00</td>" in text
    assert "<td>2026-10-25 02:00+01:00</td>" in text


def test_more_bars_than_a_screen_has_room_for_are_said_to_be_too_many(browser, lake):
    lake.put(*(transfer(10 + n, at=NOON + timedelta(minutes=n)) for n in range(1_001)))
    text = page(browser, "olga", "?granularity=minute").text
    assert "Too many to draw" in text
    assert "/reports/per_minute.csv?granularity=minute" in text
    assert 'id="counts"' not in text
    assert "Too many to draw" not in page(browser, "olga", "?granularity=hour").text


def test_the_hours_of_the_week_are_a_grid_of_days_and_hours(browser):
    chart = drawn(page(browser, "olga", "?zone=Asia/Kathmandu&show=spread").text, "hours-of-week")
    assert (chart["kind"], len(chart["places"]), len(chart["series"])) == ("heat", 7, 24)
    counts = {
        (day, hour["name"]): n
        for hour in chart["series"]
        for day, n in zip(chart["places"], hour["values"], strict=True)
    }
    assert {place: n for place, n in counts.items() if n} == {("Fri", "17"): 3}


def test_amounts_are_drawn_in_classes_without_leaving_out_empty_ones(browser):
    chart = drawn(page(browser, "olga", "?show=spread").text, "histogram-EUR")
    assert chart["places"] == ["2.00", "5.00", "10.00", "20.00", "50.00", "100.00", "200.00", "500.00"]
    assert chart["series"][0]["values"] == [1, 0, 1, 0, 0, 0, 0, 1]


def test_new_users_are_for_who_sees_the_platform_and_counterparties_for_a_person(browser):
    platform, own = (page(browser, who, "?show=accounts").text for who in ("olga", "ann"))
    assert [series["values"] for series in drawn(platform, "users")["series"]] == [[0], [3]]
    assert "Concentration" in platform
    assert "With whom you dealt" not in platform
    assert 'id="users"' not in own
    assert "Concentration" not in own
    assert lines_of(own, "counterparties")[1][:3] == ["account-bob", "€3.00", "€12.50"]


def test_a_person_sees_the_balance_of_their_own_accounts_alone(browser):
    assert [line[0] for line in lines_of(page(browser, "ann", "?show=accounts").text, "accounts")] == ["account-ann"]
    assert len(lines_of(page(browser, "olga", "?show=accounts").text, "accounts")) == 4


def test_an_account_leads_to_its_statement(browser):
    listed = page(browser, "ann", "?currency=EUR&show=accounts").text
    assert f'href="/reports?currency=EUR&amp;account={account("ann")}"' in listed
    lines = lines_of(page(browser, "ann", f"?account={account('ann')}&zone=Europe/Berlin").text, "statement")
    assert [line[3] for line in lines] == ["€1,000.00", "-€12.50", "€3.00"]
    assert lines[0][:3] == ["Jan 2, 2026 13:00:01", "Sign-up gift", "outside"]


def test_a_statement_says_what_it_opens_and_closes_with(front, lake):
    posted = {"status": "posted", "currency": "EUR", "origin": "user", "at": NOON}
    granted = {**posted, "type": "grant", "payer": None, "payees": ["ann"], "amounts": [100_000]}
    lake.put(*a_journal([granted, {**posted, "type": "payment", "payer": "ann", "payees": ["bob"], "amounts": [950]}]))

    def said(query: str) -> str:
        return page(front, "ann", f"?account={account_of('ann', 'EUR')}{query}").text

    assert "opening balance €0.00, closing balance €990.50" in said("")
    assert "opening balance €1,000.00, closing balance €990.50" in said("&after=1")
    later = said("&from=2030-01-01")
    assert "opening balance €990.50, closing balance €990.50" in later
    assert "Nothing has moved on this account in this time." in later
    assert "opening balance" not in said("&type=payment")
    assert "opening balance" not in said("&to=2020-01-01")


def test_of_anothers_account_the_page_says_why_there_is_no_statement(browser):
    text = page(browser, "ann", f"?account={account('bob')}").text
    assert "Statements are of one&#39;s own accounts" in text
    assert "€12.50" in text, "what the two sent each other is still there"


def test_an_analyst_sees_one_users_figures_and_is_not_called_you(browser):
    text = page(browser, "olga", f"?user={user('ann')}").text
    assert "The figures of one user, as they see them" in text
    assert "€700.00" not in text
    assert "<td>you</td>" not in text
    assert "<td>you</td>" in page(browser, "ann").text
    assert page(browser, "bob", f"?user={user('ann')}").status_code == 403
    assert 'name="user"' not in page(browser, "bob").text


def test_every_download_of_the_page_has_what_the_api_answers_to_the_same_filter(browser, lake):
    lake.put(*(record.event for record in everything()[5:]))
    for who, query in (("olga", "?zone=Europe/Berlin&granularity=week"), ("ann", f"?account={account('ann')}")):
        texts = [page(browser, who, f"{query}&show={section}").text for section in SECTIONS]
        links = set(map(html.unescape, re.findall(r'href="(/reports/\w+\.csv[^"]*)"', "".join(texts))))
        assert len(links) > 8
        for link in links - {link for link in links if "transfers.csv" in link}:
            name, _, asked = link.removeprefix("/reports/").partition(".csv?")
            path = f"/v1/reports/{name}?{re.sub('&?granularity=week', '', asked)}"
            answer = browser.get(path, headers={"Authorization": f"Bearer {who}", "Accept": "application/json"}).json
            assert answer["rows"], name
            lines = list(csv.reader(io.StringIO(browser.get(link).text)))
            told = [["" if value is None else str(value) for value in row.values()] for row in answer["rows"]]
            assert lines == [answer["columns"], *told]


def test_a_download_that_lacks_its_account_or_user_is_refused(browser):
    browser.set_cookie(COOKIE_NAME, "olga")
    assert browser.get("/reports/statement.csv").status_code == 400
    assert browser.get("/reports/counterparties.csv").status_code == 400
    assert browser.get(f"/reports/counterparties.csv?user={user('ann')}").status_code == 200
