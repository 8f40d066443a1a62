"""The report page as a person's browser sees it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from contracts.session import COOKIE_NAME
from tests.unit.analytics_service.histories import everything
from tests.unit.analytics_service.lakes import NOON, transfer


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
    text = page(browser, "olga").text
    assert text.count('class="chart"') == text.count("Show the figures") >= 5


def test_the_filter_filters_and_stays_in_the_form_and_the_downloads(browser):
    text = page(browser, "olga", "?status=rejected&currency=eur").text
    assert "€700.00" not in text
    assert 'value="EUR"' in text
    assert "/reports/transfers.csv?currency=EUR&amp;status=rejected" in text


def test_the_download_has_the_rows_of_the_filter(browser):
    browser.set_cookie(COOKIE_NAME, "ann")
    answer = browser.get("/reports/transfers.csv?status=rejected")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="transfers.csv"'
    assert [line.split(",")[0] for line in answer.text.split("\r\n")] == ["position", "4", ""]
    assert browser.get("/reports/totals.csv").text.startswith("currency,type,direction,posted")
    assert browser.get("/reports/profits.csv").status_code == 404


@pytest.mark.parametrize("query", ["?currency=EURO", "?from=today", "?from=2026-01-03&to=2026-01-02", "?status=open"])
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


def test_the_first_page_is_the_reports(browser):
    assert browser.get("/").location == "/reports"


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
