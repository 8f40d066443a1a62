"""One journey in real Chromium: sign up by form, log in, send money, see the balance and the history."""

import re
import uuid
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from bench.stacks import Platform
from tests.e2e.api_client import Client
from tests.e2e.browser import DESKTOP, PHONE, visitor

PASSWORD = uuid.uuid4().hex


@pytest.mark.parametrize(
    ("viewport", "javascript"),
    [(DESKTOP, True), (PHONE, True), (DESKTOP, False)],
    ids=["desktop", "phone", "without JavaScript"],
)
def test_sign_up_log_in_send_see_it(
    viewport: dict[str, int], javascript: bool, browser: Browser, platform: Platform, member: Callable[[], Client]
) -> None:
    payee, username = member(), f"e2e-{uuid.uuid4().hex[:12]}"
    with visitor(browser, platform.public_host, viewport=viewport, javascript=javascript) as (page, _):
        sign_up(page, platform, username)
        log_in(page, username)
        expect(page).to_have_url(re.compile("/protected_web$"))
        expect(page.get_by_role("main")).to_contain_text(username)

        page.goto(f"{platform.public_url('transaction-web')}/send_transaction")
        wait_for_account(page)
        expect(page.locator("#balance")).to_contain_text("1,000.00")

        ask_to_send(page, payee.username, "12.50", "lunch")
        expect(page.locator("#first-payment")).to_contain_text(payee.username)
        expect(page.locator("#rest")).to_contain_text("987.50")
        page.get_by_role("button", name="Send money").click()
        expect(page.get_by_role("main")).to_contain_text("Sent.")

        page.get_by_role("link", name="Balance and history").click()
        expect(page.locator("#balance")).to_contain_text("987.50")
        newest = page.locator("#history li").first
        expect(newest).to_contain_text(payee.username)
        expect(newest).to_contain_text("12.50")
        expect(newest).to_contain_text("lunch")
    assert payee.balance() == 101_250


def test_a_refused_transfer_is_explained_and_moves_nothing(
    browser: Browser, platform: Platform, member: Callable[[], Client]
) -> None:
    payer, payee = member(), member()
    with visitor(browser, platform.public_host) as (page, complaints):
        page.goto(f"{platform.public_url('transaction-web')}/send_transaction")
        page.get_by_role("main").get_by_role("link", name="Log in").click()
        log_in(page, payer.username, payer.password)
        expect(page).to_have_url(re.compile("/send_transaction$"))

        ask_to_send(page, payee.username, "1000.01", "")
        expect(page.locator("#problem")).to_have_attribute("data-code", "insufficient_funds")
        ask_to_send(page, "nobody-of-this-name", "1", "")
        expect(page.locator("#problem")).to_have_attribute("data-code", "unknown_payee")
        # Chromium reports every answer of 4xx as an error; these were asked for.
        complaints.errors = [error for error in complaints.errors if "422" not in error]
    assert (payer.balance(), payee.balance()) == (100_000, 100_000)


def test_log_out_ends_the_session_on_both_services(
    browser: Browser, platform: Platform, member: Callable[[], Client]
) -> None:
    person = member()
    with visitor(browser, platform.public_host) as (page, _):
        page.goto(f"{platform.public_url('auth-web')}/login_form")
        log_in(page, person.username, person.password)
        page.goto(f"{platform.public_url('transaction-web')}/send_transaction")
        expect(page.locator("#balance")).to_be_visible()

        page.get_by_role("button", name="Log out", exact=True).click()
        expect(page.get_by_role("banner").get_by_role("link", name="Log in")).to_be_visible()
        page.goto(f"{platform.public_url('transaction-web')}/send_transaction")

        expect(page).to_have_url(re.compile("/login_transaction_form$"))


def sign_up(page: Page, platform: Platform, username: str) -> None:
    page.goto(f"{platform.public_url('auth-web')}/signup_form")
    page.get_by_label("User name").fill(username)
    page.get_by_label("E-mail").fill(f"{username}@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    expect(page).to_have_url(re.compile("/login_form"))


def log_in(page: Page, username: str, password: str = PASSWORD) -> None:
    page.get_by_label("User name").fill(username)
    page.get_by_label("Password").fill(password)
    page.get_by_role("main").get_by_role("button", name="Log in").click()
    page.wait_for_url(lambda url: "/login_form" not in url)


def wait_for_account(page: Page) -> None:
    """The page looks again by itself until the account is open and has its grant."""
    for _ in range(20):
        if page.locator("#balance").is_visible() and "1,000.00" in page.locator("#balance").inner_text():
            return
        page.wait_for_timeout(500)
        page.reload()


def ask_to_send(page: Page, payee: str, amount: str, note: str) -> None:
    page.get_by_label("To", exact=True).fill(payee)
    page.get_by_label("Amount").fill(amount)
    page.get_by_label("Note").fill(note)
    page.get_by_role("button", name="Continue").click()
