"""Paying by the pages in real Chromium: whatever a person does to buttons and tabs, one yes is one payment; a statement
closes with what the page shows; payees are kept; and all of it works without JavaScript."""

import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from bench.stacks import Platform
from tests.e2e.api_client import GRANT, Client
from tests.e2e.browser import PHONE, visitor
from tests.e2e.test_browser_journey import ask_to_send, log_in
from tests.waiting import eventually

WAYS = ["with JavaScript", "without JavaScript"]


@dataclass
class Payer:
    """Somebody who is logged in, and whom they pay."""

    page: Page
    payer: Client
    payee: Client
    home: str

    def to_confirm(self, amount: str = "12.50", note: str = "") -> None:
        self.page.goto(f"{self.home}/send_transaction")
        ask_to_send(self.page, self.payee.username, amount, note)
        expect(self.page.locator("#confirm")).to_be_visible()

    def send(self, amount: str = "12.50") -> None:
        self.to_confirm(amount)
        self.page.get_by_role("button", name="Send money").click()
        expect(self.page.locator("#sent")).to_be_visible()

    def sent(self) -> list[int]:
        """The amounts that the payer has sent, latest first: what the ledger says, not the page."""
        return [found["amount"] for found in self.payer.history() if found["direction"] == "out"]


@pytest.fixture(params=WAYS)
def paying(
    request: pytest.FixtureRequest, browser: Browser, platform: Platform, member: Callable[[], Client]
) -> Iterator[Payer]:
    payer, payee = member(), member()
    with visitor(browser, platform.public_host, javascript=request.param == WAYS[0]) as (page, _):
        page.goto(f"{platform.public_url('auth-web')}/login_form")
        log_in(page, payer.username, payer.password)
        yield Payer(page, payer, payee, platform.public_url("transaction-web"))


def test_a_double_click_is_one_payment(paying: Payer) -> None:
    paying.to_confirm()

    paying.page.get_by_role("button", name="Send money").dblclick()

    expect(paying.page.locator("#transfer")).to_have_attribute("data-status", "posted")
    assert paying.sent() == [1250]
    assert paying.payee.balance() == GRANT + 1250


def test_a_reload_sends_nothing_again(paying: Payer) -> None:
    paying.send()

    for _ in range(3):
        paying.page.reload()

    expect(paying.page.locator("#transfer")).to_have_attribute("data-status", "posted")
    assert paying.sent() == [1250]


def test_the_back_button_tells_what_happened_and_sends_nothing_again(paying: Payer) -> None:
    paying.send()

    paying.page.go_back()

    expect(paying.page.locator("#sent-before")).to_contain_text("It was done once")
    assert paying.sent() == [1250]
    # Before that is the form: it is empty of any key, and leads to a payment of its own.
    paying.page.go_back()
    expect(paying.page.get_by_role("button", name="Continue")).to_be_visible()
    ask_to_send(paying.page, paying.payee.username, "12.50", "")
    expect(paying.page.locator("#same-again")).to_contain_text("You have just done this.")
    assert paying.sent() == [1250]


def test_the_same_confirm_step_in_two_windows_is_one_payment(paying: Payer) -> None:
    paying.to_confirm()
    other = paying.page.context.new_page()
    other.goto(paying.page.url)

    for window in (paying.page, other):
        window.get_by_role("button", name="Send money").click()

    expect(other.locator("#transfer")).to_have_attribute("data-status", "posted")
    assert other.url.partition("?")[0] == paying.page.url.partition("?")[0]
    assert paying.sent() == [1250]


def test_a_session_that_ended_at_the_confirm_step_loses_nothing(paying: Payer, platform: Platform) -> None:
    paying.to_confirm(note="keep me")
    address = paying.page.url
    other = paying.page.context.new_page()
    other.goto(f"{paying.home}/send_transaction")
    other.get_by_role("button", name="Log out", exact=True).click()
    other.wait_for_url(lambda url: "send_transaction" not in url)

    paying.page.get_by_role("button", name="Send money").click()
    log_in(paying.page, paying.payer.username, paying.payer.password)

    expect(paying.page).to_have_url(address)
    expect(paying.page.locator("#confirm")).to_contain_text("keep me")
    assert paying.sent() == []
    paying.page.get_by_role("button", name="Send money").click()
    expect(paying.page.locator("#sent")).to_be_visible()
    assert paying.sent() == [1250]


def test_a_statement_closes_with_the_balance_of_the_page_and_its_file_has_the_same_entries(paying: Payer) -> None:
    paying.send("12.50")
    paying.send("0.01")
    paying.payee.send(paying.payer.username, 300)
    page = paying.page
    page.goto(f"{paying.home}/send_transaction")
    balance = page.locator("#balance").inner_text()

    page.get_by_role("link", name="Statement of Main account").click()

    assert page.locator("#closing").inner_text() == balance == "€990.49"
    assert page.locator("#opening").inner_text() == "€0.00"
    with page.expect_download() as download:
        page.locator("#csv").click()
    rows = list(csv.DictReader(Path(download.value.path()).read_text(encoding="utf-8").splitlines()))
    assert [row["amount"] for row in rows] == ["1000.00", "-12.50", "-0.01", "3.00"]
    assert rows[-1]["balance"] == "990.49"
    assert page.locator("#entries tbody tr").count() == len(rows)


def test_a_payee_is_saved_and_paid_from_the_list(paying: Payer) -> None:
    page, payee = paying.page, paying.payee.username
    page.goto(f"{paying.home}/contacts")
    page.get_by_label("Username").fill(payee)
    page.get_by_label("Your name for them").fill("Landlord")
    page.get_by_role("button", name="Save contact").click()
    expect(page.locator("#contacts")).to_contain_text("Landlord")
    expect(page.locator("#contacts")).to_contain_text("not paid yet")

    page.get_by_role("link", name=f"Send to @{payee}").click()
    expect(page.get_by_label("To", exact=True)).to_have_value(payee)
    page.get_by_label("Amount").fill("7")
    page.get_by_role("button", name="Continue").click()
    expect(page.locator("#confirm")).to_contain_text("Landlord")
    page.get_by_role("button", name="Send money").click()

    page.goto(f"{paying.home}/contacts")
    expect(page.locator("#contacts")).to_contain_text("last paid on")
    page.get_by_role("button", name=f"Remove @{payee}").click()
    expect(page.get_by_role("main")).to_contain_text("Nobody yet")
    assert paying.sent() == [700]


def test_money_is_held_paid_out_in_part_and_paid_back(paying: Payer, browser: Browser, platform: Platform) -> None:
    page = paying.page
    page.goto(f"{paying.home}/send_transaction")
    page.get_by_text("Hold it first, or send it later").click()
    page.get_by_label("Hold it first", exact=True).check()
    ask_to_send(page, paying.payee.username, "20", "")
    page.get_by_role("button", name="Put it on hold").click()
    expect(page.locator("#status")).to_contain_text("On hold")
    transfer = page.url.partition("?")[0]

    page.get_by_label("Amount").fill("15")
    page.get_by_role("button", name="Pay it out").click()

    expect(page.locator("#done")).to_contain_text("Paid out.")
    eventually(lambda: paying.payee.balance() == GRANT + 1500, what="the part that was paid out")
    with visitor(browser, platform.public_host, viewport=PHONE) as (theirs, _):
        theirs.goto(transfer)
        log_in(theirs, paying.payee.username, paying.payee.password)
        theirs.get_by_text("Pay it back", exact=True).click()
        theirs.get_by_label("Amount").fill("5")
        theirs.get_by_role("button", name="Pay back").click()
        expect(theirs.locator("#refunded")).to_contain_text("5.00")
    assert paying.payee.balance() == GRANT + 1000


def test_what_is_typed_is_checked_while_it_is_typed(
    browser: Browser, platform: Platform, member: Callable[[], Client]
) -> None:
    person = member()
    with visitor(browser, platform.public_host) as (page, _):
        page.goto(f"{platform.public_url('transaction-web')}/send_transaction")
        page.get_by_role("main").get_by_role("link", name="Log in").click()
        log_in(page, person.username, person.password)
        told = page.locator("#amount-live")
        for typed, expected in [
            ("12.50", "€987.50 stays in the account. €4,987.50 of today’s limit is left then."),
            ("1,000", "Enter an amount like 12.50."),
            ("0", "more than zero"),
            ("1000.01", "More than you have: €1,000.00 is available."),
        ]:
            page.get_by_label("Amount").fill(typed)
            expect(told).to_contain_text(expected)
        page.get_by_label("To", exact=True).fill(f"@{person.username}")
        page.get_by_label("Amount").focus()
        expect(page.get_by_label("To", exact=True)).to_have_value(person.username)
        assert page.get_by_label("To", exact=True).evaluate("field => field.validationMessage") == (
            "This is your own username."
        )
        expect(page.get_by_label("Moment, in UTC")).to_be_hidden()
        page.get_by_text("Hold it first, or send it later").click()
        page.get_by_label("At a later moment").check()
        expect(page.get_by_label("Moment, in UTC")).to_be_visible()


def test_a_form_whose_session_had_ended_is_there_again_after_the_log_in(
    browser: Browser, platform: Platform, member: Callable[[], Client]
) -> None:
    person, payee = member(), member()
    with visitor(browser, platform.public_host) as (page, _):
        page.goto(f"{platform.public_url('auth-web')}/login_form")
        log_in(page, person.username, person.password)
        page.goto(f"{platform.public_url('transaction-web')}/send_transaction")
        other = page.context.new_page()
        other.goto(f"{platform.public_url('auth-web')}/protected_web")
        other.get_by_role("banner").get_by_role("button", name="Log out", exact=True).click()
        other.wait_for_url(lambda url: "protected_web" not in url)

        ask_to_send(page, payee.username, "8.20", "still here")
        page.get_by_role("main").get_by_role("link", name="Log in").click()
        log_in(page, person.username, person.password)

        expect(page).to_have_url(re.compile("/send_transaction$"))
        expect(page.get_by_label("To", exact=True)).to_have_value(payee.username)
        expect(page.get_by_label("Amount")).to_have_value("8.20")
        expect(page.get_by_label("Note")).to_have_value("still here")
