"""Real Chromiums side by side: what one does the other shows without a reload, also over a line that was cut."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from bench.stacks import Platform
from tests.e2e.api_client import Client
from tests.e2e.browser import PHONE, launch, visitor
from tests.e2e.cut_line import CutLine, cut_line
from tests.e2e.test_browser_journey import ask_to_send
from tests.e2e.test_followed_by_eye import enter
from tests.waiting import eventually

Make = Callable[[], Client]
ARRIVES_MS = 10_000
BACK_MS = 60_000
"""A cable that was pulled is noticed by silence, after 25 s."""


def open_inbox(page: Page, platform: Platform, query: str = "") -> None:
    """Open it, and mark the page so that a reload would be noticed."""
    page.goto(f"{platform.public_url('notification-web')}/inbox{query}")
    expect(page.locator("#connection")).to_contain_text("Live")
    page.evaluate("window.notReloaded = true")


def rows(page: Page) -> list[str]:
    """The ids of the rows, from top to bottom."""
    return [str(row.get_attribute("id")) for row in page.locator("#notifications > li").all()]


def test_a_transfer_that_is_made_in_one_browser_appears_in_the_other(
    browser: Browser, platform: Platform, member: Make
) -> None:
    payer, payee = member(), member()
    with (
        visitor(browser, platform.public_host) as (sends, _),
        visitor(browser, platform.public_host, viewport=PHONE) as (looks, _),
    ):
        enter(looks, platform, payee)
        open_inbox(looks, platform)
        expect(looks.locator("#unread")).to_have_text("1")

        enter(sends, platform, payer)
        sends.goto(f"{platform.public_url('transaction-web')}/send_transaction")
        ask_to_send(sends, payee.username, "12.50", "lunch")
        sends.get_by_role("button", name="Send money").click()
        expect(sends.get_by_role("main")).to_contain_text("Sent.")

        newest = looks.locator("#notifications > li").first
        expect(newest).to_contain_text("You received €12.50", timeout=ARRIVES_MS)
        expect(newest).to_contain_text(f"@{payer.username}")
        expect(looks.locator("#unread")).to_have_text("2")
        expect(looks.locator("#badge")).to_have_text("2")
        expect(looks).to_have_title(re.compile(r"^\(2\) Inbox"))
        assert looks.evaluate("window.notReloaded")


def test_what_is_read_or_archived_in_one_browser_is_so_in_the_other(
    browser: Browser, platform: Platform, member: Make
) -> None:
    payer, payee = member(), member()
    payer.send(payee.username, 100)
    eventually(lambda: len(payee.inbox()) == 2, what="the grant and the transfer")
    with (
        visitor(browser, platform.public_host) as (one, _),
        visitor(browser, platform.public_host) as (other, _),
    ):
        for page in (one, other):
            enter(page, platform, payee)
            open_inbox(page, platform)

        one.locator("#notifications > li").first.get_by_role("button", name="Mark as read").click()
        expect(other.locator("#unread")).to_have_text("1", timeout=ARRIVES_MS)
        expect(other.locator("#notifications > li.unread")).to_have_count(1, timeout=ARRIVES_MS)

        one.locator("#notifications > li.unread").get_by_role("button", name="Archive").click()
        expect(other.locator("#badge")).to_be_hidden(timeout=ARRIVES_MS)
        expect(other.locator("#notifications > li")).to_have_count(1, timeout=ARRIVES_MS)
        assert other.evaluate("window.notReloaded")


@pytest.fixture
def line(platform: Platform) -> Iterator[CutLine]:
    """The way to the live process."""
    with cut_line(platform.stack.address("notification-live")) as line:
        yield line


@pytest.fixture
def over_the_line(platform: Platform, line: CutLine) -> Iterator[Browser]:
    """A browser that reaches the live process by the line alone."""
    live = platform.public_url("notification-live").removeprefix("http://")
    with sync_playwright() as playwright:
        running = launch(playwright, f"--host-resolver-rules=MAP {live} 127.0.0.1:{line.port}")
        yield running
        running.close()


@pytest.mark.parametrize("cut", [CutLine.cut, CutLine.unplug], ids=["cut", "unplugged"])
def test_after_a_cut_nothing_is_missed_and_nothing_is_doubled(
    over_the_line: Browser, line: CutLine, platform: Platform, member: Make, cut: Callable[[CutLine], None]
) -> None:
    payer, payee = member(), member()
    with ExitStack() as visits:
        page, complaints = visits.enter_context(visitor(over_the_line, platform.public_host))
        enter(page, platform, payee)
        open_inbox(page, platform)
        before = payer.send(payee.username, 1).json()["id"]
        expect(page.locator(f"#notifications a[href$='{before}']").first).to_be_visible(timeout=ARRIVES_MS)

        cut(line)
        missed = [payer.send(payee.username, amount).json()["id"] for amount in (2, 3, 4)]
        eventually(lambda: payee.told_of(missed[-1]), what="what came while the line was cut")
        expect(page.locator("#notifications > li")).to_have_count(2)
        line.mend()

        expect(page.locator("#notifications > li")).to_have_count(5, timeout=BACK_MS)
        after = payer.send(payee.username, 5).json()["id"]
        expect(page.locator(f"#notifications a[href$='{after}']").first).to_be_visible(timeout=ARRIVES_MS)
        assert rows(page) == [found["id"] for found in payee.inbox()]
        expect(page.locator("#unread")).to_have_text("6")
        assert page.evaluate("window.notReloaded")
        # That the line was cut is what Chromium complains of.
        complaints.errors = [error for error in complaints.errors if "/v1/stream" not in error]


def test_without_javascript_everything_can_be_done_by_forms(browser: Browser, platform: Platform, member: Make) -> None:
    payer, payee = member(), member()
    payer.send(payee.username, 100)
    eventually(lambda: len(payee.inbox()) == 2, what="the grant and the transfer")
    with visitor(browser, platform.public_host, viewport=PHONE, javascript=False) as (page, _):
        enter(page, platform, payee)
        page.goto(f"{platform.public_url('notification-web')}/inbox")
        newest = page.locator("#notifications > li").first
        newest.get_by_role("button", name="Mark as read").click()
        newest.get_by_role("button", name="Mark as unread").click()
        expect(page.locator("#unread")).to_have_text("2")
        newest.get_by_role("button", name="Archive").click()
        expect(page.locator("#notifications > li")).to_have_count(1)

        page.get_by_role("link", name="Archived").click()
        expect(page.locator("#notifications > li")).to_contain_text("You received €1.00")
        page.get_by_role("button", name="Back to the inbox").click()
        expect(page.locator("#empty")).to_contain_text("Nothing is archived")

        page.get_by_role("link", name="Unread", exact=True).click()
        expect(page.locator("#notifications > li")).to_have_count(2)
        page.get_by_role("button", name="Mark all as read").click()
        expect(page.locator("#empty")).to_contain_text("Nothing is unread")

        page.get_by_role("link", name="All", exact=True).click()
        page.get_by_text("Filter", exact=True).click()
        page.get_by_label("About").select_option(label="Holds")
        page.get_by_role("button", name="Show").click()
        expect(page.locator("#empty")).to_contain_text("Nothing matches")
