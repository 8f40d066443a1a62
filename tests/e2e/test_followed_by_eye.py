"""In real Chromium: the payee sees the money come without reload, then the report and the journey of the transfer."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from bench.platform import Api
from bench.stacks import Platform
from tests.e2e.api_client import Client
from tests.e2e.browser import visitor
from tests.e2e.test_browser_journey import log_in
from tests.e2e.test_journeys import STAGES, complete_journey
from tests.waiting import eventually

Make = Callable[[], Client]
ARRIVES_MS = 10_000


def enter(page: Page, platform: Platform, person: Client) -> None:
    page.goto(f"{platform.public_url('auth-web')}/login_form")
    log_in(page, person.username, person.password)


def test_the_payee_sees_the_money_arrive_without_reload_and_follows_it(
    browser: Browser, platform: Platform, member: Make, operator: Api
) -> None:
    payer, payee = member(), member()
    with visitor(browser, platform.public_host) as (page, _):
        enter(page, platform, payee)
        page.goto(f"{platform.public_url('notification-web')}/inbox")
        expect(page.locator("#connection")).to_contain_text("Live")
        page.evaluate("window.notReloaded = true")

        transfer = payer.send(payee.username, 1250).json()

        arrived = page.locator("#notifications > li").filter(has=page.locator(f"a[href$='{transfer['id']}']"))
        expect(arrived).to_have_count(1, timeout=ARRIVES_MS)
        expect(arrived).to_contain_text("12.50")
        expect(arrived).to_contain_text(payer.username)
        assert page.evaluate("window.notReloaded")

        eventually(lambda: operator.is_in_lake(transfer["position"]), what="the transfer is in the lake")
        page.goto(f"{platform.public_url('analytics-web')}/reports")
        row = page.locator(f"#latest [data-transfer='{transfer['id']}']")
        expect(row).to_contain_text("12.50")

        complete_journey(payee, transfer["id"])
        page.goto(f"{platform.public_url('notification-web')}/inbox")
        arrived.get_by_role("link", name="Journey").click()
        expect(page).to_have_url(re.compile(f"/journey/{transfer['id']}$"))
        expect(page.locator("#stages .timeline > li")).to_have_count(len(STAGES))
        for stage in page.locator("#stages .timeline > li").all():
            expect(stage).to_contain_text(re.compile(r"\d\d:\d\d:\d\d"))


def test_a_transfer_of_others_can_not_be_followed(browser: Browser, platform: Platform, member: Make) -> None:
    payer, payee, other = member(), member(), member()
    transfer = payer.send(payee.username, 1).json()["id"]
    with visitor(browser, platform.public_host) as (page, complaints):
        enter(page, platform, other)

        answer = page.goto(f"{platform.public_url('monitoring-web')}/journey/{transfer}")

        assert answer is not None
        assert answer.status == 404
        expect(page.locator("#stages")).to_have_count(0)
        complaints.errors = [error for error in complaints.errors if "404" not in error]


@pytest.fixture
def two_windows(browser: Browser, platform: Platform) -> Iterator[tuple[Page, Page]]:
    """Of one browser, with the same cookies."""
    with visitor(browser, platform.public_host) as (page, _):
        yield page, page.context.new_page()


def test_a_log_out_in_another_window_ends_the_live_inbox(
    two_windows: tuple[Page, Page], platform: Platform, member: Make
) -> None:
    inbox, other = two_windows
    enter(inbox, platform, member())
    inbox.goto(f"{platform.public_url('notification-web')}/inbox")
    expect(inbox.locator("#connection")).to_contain_text("Live")

    other.goto(f"{platform.public_url('transaction-web')}/send_transaction")
    other.get_by_role("button", name="Log out", exact=True).click()

    expect(inbox.locator("#connection")).to_contain_text("Your session has ended", timeout=ARRIVES_MS)
