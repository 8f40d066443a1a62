"""The pages as a person's browser sees them."""

from __future__ import annotations

import re

import pytest

from contracts.session import COOKIE_NAME


@pytest.fixture
def browser(front):
    front.environ_base["HTTP_ACCEPT"] = "text/html"
    return front


def signed_in(browser, who="ann"):
    browser.set_cookie(COOKIE_NAME, who)
    return browser


def field(page, name):
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page.text)
    assert found, f"the page has no field {name}"
    return found[1]


def fill(browser, **values):
    page = browser.get("/send_transaction")
    form = {"csrf_token": field(page, "csrf_token"), "key": field(page, "key"), "payee": "bob", "amount": "12.50"}
    return form | values


def test_whoever_is_not_signed_in_is_shown_where_to_log_in(browser):
    answer = browser.get("/send_transaction", follow_redirects=True)
    assert "/login_form?next=http%3A%2F%2Flocalhost%3A5001%2Fsend_transaction" in answer.text
    assert 'type="password"' not in answer.text


def test_the_page_shows_balance_and_history(browser):
    page = signed_in(browser).get("/send_transaction")
    assert "€1,000.00" in page.text
    assert "Sign-up gift" in page.text


def test_a_person_without_an_account_yet_is_told_to_wait_a_moment(browser):
    page = signed_in(browser, "stranger").get("/send_transaction")
    assert "being opened" in page.text
    assert page.headers["Refresh"]


def test_sending_leads_to_the_transfers_page(browser, memory):
    signed_in(browser)
    answer = browser.post("/send_transaction", data=fill(browser, note="lunch"), follow_redirects=True)
    assert "€12.50" in answer.text
    assert "lunch" in answer.text
    assert memory.book.posted("bob") == 101_250


def test_a_form_sent_twice_is_one_transfer(browser, memory):
    signed_in(browser)
    form = fill(browser)
    first, second = (browser.post("/send_transaction", data=form).headers["Location"] for _ in range(2))
    assert first == second
    assert memory.book.posted("bob") == 101_250


def test_without_its_token_a_form_moves_nothing(browser, memory):
    signed_in(browser)
    form = fill(browser)
    del form["csrf_token"]
    assert browser.post("/send_transaction", data=form).status_code == 400
    assert memory.book.posted("bob") == 100_000


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"amount": "-1"}, "amount like 12.50"),
        ({"amount": "1,000"}, "amount like 12.50"),
        ({"amount": "1E999999999"}, "amount like 12.50"),
        ({"amount": "0"}, "more than zero"),
        ({"amount": "NaN"}, "amount like 12.50"),
        ({"amount": "1.234"}, "amount like 12.50"),
        ({"amount": ""}, "How much?"),
        ({"payee": " "}, "Who is to get the money?"),
        ({"payee": "nobody"}, "Nobody here has that username."),
        ({"payee": "ann"}, "You cannot send money to yourself."),
        ({"amount": "5000"}, "Your balance does not cover this amount."),
    ],
)
def test_a_mistake_is_explained_and_what_was_typed_is_kept(browser, memory, values, text):
    signed_in(browser)
    answer = browser.post("/send_transaction", data=fill(browser, note="keep me", **values))
    assert answer.status_code in (400, 422)
    assert text in answer.text
    assert "keep me" in answer.text
    assert memory.book.posted("ann") == 100_000


def test_when_the_outcome_is_unknown_the_form_keeps_its_key(browser, memory):
    signed_in(browser)
    form = fill(browser)
    memory.away = True
    answer = browser.post("/send_transaction", data=form)
    assert answer.status_code == 503
    assert field(answer, "key") == form["key"]


def test_a_strangers_transfer_is_not_shown(browser):
    signed_in(browser)
    sent = browser.post("/send_transaction", data=fill(browser)).headers["Location"]
    assert signed_in(browser, "eve").get(sent).status_code == 404


@pytest.mark.parametrize("key", ["", "x" * 200, "two words", "\x00"])
def test_a_form_with_a_spoilt_key_gets_a_new_one_and_moves_nothing(browser, memory, key):
    signed_in(browser)
    answer = browser.post("/send_transaction", data=fill(browser, key=key))
    assert answer.status_code == 400
    assert field(answer, "key") not in ("", key)
    assert memory.book.posted("ann") == 100_000


@pytest.mark.parametrize("before", ["9223372036854775808", "-1", "0", "x", "1e3"])
def test_a_spoilt_link_into_the_history_shows_the_latest(browser, before):
    assert "Sign-up gift" in signed_in(browser).get(f"/send_transaction?before={before}").text
