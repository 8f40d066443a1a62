"""The second factor in real Chromium: set up, used to log in, replay refused, recovered, at both widths."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect
from pymongo import MongoClient
from redis import Redis

from bench.stacks import Platform
from tests.e2e.api_client import GRANT, Client
from tests.e2e.browser import DESKTOP, PHONE, Complaints, visitor
from tests.e2e.test_browser_journey import ask_to_send, log_in


@pytest.mark.parametrize(
    ("viewport", "javascript"), [(DESKTOP, True), (PHONE, False)], ids=["desktop", "phone without JavaScript"]
)
def test_it_is_set_up_used_and_recovered(
    browser: Browser,
    platform: Platform,
    stranger: Callable[[], Client],
    viewport: dict[str, int],
    javascript: bool,
) -> None:
    person = stranger()
    assert person.sign_up().status_code == 201
    with visitor(browser, platform.public_host, viewport=viewport, javascript=javascript) as (page, complaints):
        page.goto(f"{platform.public_url('auth-web')}/login_form")
        log_in(page, person.username, person.password)
        app, recovery = set_up(page, person.password)

        used = next_code(app)
        log_out(page)
        first_step(page, platform, person)
        second_step(page, used)
        expect(page.get_by_role("heading", name="Your profile")).to_be_visible()

        log_out(page)
        first_step(page, platform, person)
        second_step(page, used)
        expect(page.get_by_text("was used before")).to_be_visible()
        second_step(page, recovery[0])
        expect(page.get_by_role("heading", name="Your profile")).to_be_visible()
        expect(page.get_by_text("9 recovery codes are left")).to_be_visible()
        expected_refusals(complaints)

    assert person.log_in().json()["code"] == "second_factor_required"
    assert person.log_in(code=recovery[0]).json()["code"] == "invalid_second_factor"
    assert person.log_in(code=recovery[1]).status_code == 200


def test_a_large_payment_is_stepped_up_and_nothing_is_typed_twice(
    browser: Browser, platform: Platform, member: Callable[[], Client]
) -> None:
    payer, payee = member(), member()
    with visitor(browser, platform.public_host) as (page, _):
        page.goto(f"{platform.public_url('auth-web')}/login_form")
        log_in(page, payer.username, payer.password)
        app, _ = set_up(page, payer.password)
        long_ago(platform, payer)

        page.goto(f"{platform.public_url('transaction-web')}/send_transaction")
        ask_to_send(page, payee.username, "600.00", "a boat")
        page.get_by_role("button", name="Send money").click()
        expect(page.get_by_role("heading", name="Is it you?")).to_be_visible()
        page.get_by_label("Code").fill(next_code(app))
        page.get_by_role("button", name="Continue").click()
        expect(page.get_by_role("main")).to_contain_text("a boat")
        page.get_by_role("button", name="Send money").click()
        expect(page.get_by_role("main")).to_contain_text("Sent.")
    assert payee.balance() == GRANT + 60_000


def long_ago(platform: Platform, person: Client) -> None:
    """The last proof in each of the person's sessions is an hour old, also in what Redis remembers of them."""
    with MongoClient[dict[str, Any]](platform.mongo_admin_url) as client:
        sessions = client["auth"].sessions
        changed = sessions.update_many(
            {"username": person.username, "stepped_up_at": {"$ne": None}},
            {"$set": {"stepped_up_at": datetime.now(UTC) - timedelta(hours=1)}},
        )
        assert changed.modified_count >= 1
        cookies = sessions.distinct("cookie_hash", {"username": person.username})
    redis = Redis.from_url(platform.stack.env("auth-web")["REDIS_URL"])
    redis.delete(*[f"session:{cookie}" for cookie in cookies if cookie])
    redis.close()


def set_up(page: Page, password: str) -> tuple[pyotp.TOTP, list[str]]:
    """From the profile to the recovery codes; return the app and the codes."""
    page.get_by_role("link", name="Set up").click()
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Set it up").click()
    expect(page.locator(".qr-frame svg")).to_be_visible()
    app = pyotp.TOTP(page.locator("#key").inner_text().replace(" ", ""))
    page.get_by_label("The code that the app shows").fill(app.now())
    page.get_by_role("button", name="Switch it on").click()
    expect(page.get_by_text("Two-step log-in is on.")).to_be_visible()
    recovery = page.locator("#recovery-codes code").all_inner_texts()
    assert len(set(recovery)) == 10
    page.get_by_role("link", name="I have kept them").click()
    return app, recovery


def next_code(app: pyotp.TOTP) -> str:
    """The app's next code: that of the set-up is used up. The server takes it up to half a minute early."""
    return app.at(datetime.now(UTC), counter_offset=1)


def first_step(page: Page, platform: Platform, person: Client) -> None:
    page.goto(f"{platform.public_url('auth-web')}/login_form")
    log_in(page, person.username, person.password)
    expect(page).to_have_url(re.compile("/second_factor_form"))


def second_step(page: Page, code: str) -> None:
    page.get_by_label("Code").fill(code)
    page.get_by_role("main").get_by_role("button", name="Log in").click()


def log_out(page: Page) -> None:
    page.get_by_role("button", name="Log out", exact=True).click()


def expected_refusals(complaints: Complaints) -> None:
    """Chromium tells of every 4xx; those of wrong codes were asked for."""
    complaints.errors = [said for said in complaints.errors if "status of 403" not in said]
