"""An administrator at work in real Chromium: finding somebody, locking and unlocking the account, giving a role."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from bench.stacks import Platform
from tests.e2e.api_client import Client
from tests.e2e.browser import DESKTOP, PHONE, visitor
from tests.e2e.test_browser_journey import log_in
from tests.waiting import eventually

EVERYWHERE_SECONDS = 1.0


def find(page: Page, platform: Platform, admin: Client, member: Client) -> None:
    page.goto(f"{platform.public_url('auth-web')}/admin")
    log_in(page, admin.username, admin.password)
    page.goto(f"{platform.public_url('auth-web')}/protected_web")
    page.get_by_role("link", name="Administer people").click()
    page.get_by_label("User name, e-mail or id").fill(member.username)
    page.get_by_role("button", name="Search").click()
    see(page, "admin-people")
    page.get_by_role("link", name=f"@{member.username}").click()
    expect(page.locator("#state")).to_contain_text("active")


def see(page: Page, name: str) -> None:
    """Keep what it looks like, where SCREENSHOTS names a folder."""
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        width = (page.viewport_size or DESKTOP)["width"]
        page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)


@pytest.mark.parametrize(
    ("viewport", "javascript"), [(DESKTOP, True), (PHONE, False)], ids=["desktop", "phone without JavaScript"]
)
def test_a_lock_reaches_every_service_within_a_second_and_is_undone(
    viewport: dict[str, int],
    javascript: bool,
    browser: Browser,
    platform: Platform,
    admin: Client,
    member: Callable[[], Client],
) -> None:
    person = member()
    assert person.balance() == 100_000
    with visitor(browser, platform.public_host, viewport=viewport, javascript=javascript) as (page, _):
        find(page, platform, admin, person)
        page.get_by_label("Reason").fill("Reported as stolen")
        page.get_by_role("button", name="Lock the account").click()
        eventually(
            lambda: person.get("/v1/accounts").status_code == 401,
            what="the lock reaches the payments",
            within_seconds=EVERYWHERE_SECONDS,
        )
        expect(page.locator("#state")).to_contain_text("Reported as stolen")
        expect(page.get_by_role("main")).to_contain_text("Account locked")
        see(page, "admin-person")
        assert person.log_in().json()["code"] == "account_locked"

        page.get_by_role("button", name="Unlock").click()
        expect(page.locator("#state")).to_contain_text("active")
        page.get_by_role("listitem").filter(has=page.get_by_text("analyst", exact=True)).get_by_role("button").click()
        expect(page.get_by_role("main")).to_contain_text("Role given")
    assert person.log_in().status_code == 200


def test_a_person_reads_on_their_profile_what_was_done_to_the_account(
    browser: Browser, platform: Platform, member: Callable[[], Client]
) -> None:
    person = member()
    for viewport in (DESKTOP, PHONE):
        with visitor(browser, platform.public_host, viewport=viewport) as (page, _):
            page.goto(f"{platform.public_url('auth-web')}/login_form")
            log_in(page, person.username, person.password)
            expect(page.get_by_role("main")).to_contain_text("Recent activity")
            see(page, "profile")
            page.get_by_role("link", name="All activity").click()
            expect(page.get_by_role("main")).to_contain_text("Account created")
            see(page, "activity")
