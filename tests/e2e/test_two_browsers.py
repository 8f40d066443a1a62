"""Real Chromiums side by side: what one does the other shows without a reload, also over a line that was cut."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import APIResponse, Browser, Locator, Page, Route, expect

from bench.stacks import Platform
from notification_service.settings import LiveSettings
from tests.e2e.api_client import Client
from tests.e2e.browser import PHONE, another, visitor
from tests.e2e.cut_line import CutLine, cut_line
from tests.e2e.streams import stream
from tests.e2e.test_browser_journey import ask_to_send
from tests.e2e.test_followed_by_eye import enter
from tests.waiting import eventually

Make = Callable[[], Client]
MOST_STREAMS = LiveSettings.model_fields["live_streams_per_person"].default
ARRIVES_MS = 15_000
ROOM_SECONDS = 30
BACK_MS = 60_000
"""A cable that was pulled is noticed by silence, after 25 s."""


def open_inbox(page: Page, platform: Platform, person: Client) -> None:
    """Sign in, open it, and mark the page so that a reload would be noticed."""
    enter(page, platform, person)
    page.goto(f"{platform.public_url('notification-web')}/inbox")
    expect(page.locator("#connection")).to_contain_text("Live")
    page.evaluate("window.notReloaded = true")


def row_of(page: Page, transfer_id: str) -> Locator:
    """The row about a transfer; of a few, all of them."""
    return page.locator("#notifications > li").filter(has=page.locator(f"a.transfer[href$='{transfer_id}']"))


def rows(page: Page) -> list[str]:
    """The ids of the rows, from top to bottom."""
    return [str(row.get_attribute("id")) for row in page.locator("#notifications > li").all()]


def read_elsewhere(person: Client, transfer_id: str) -> None:
    """By a program of theirs."""
    told = next(each["id"] for each in person.inbox() if each["transfer_id"] == transfer_id)
    assert person.post(f"/v1/notifications/{told}/read", of="notification-web").status_code == 204


def unread(person: Client) -> int:
    return int(person.get("/v1/notifications/unread", of="notification-web").json()["unread"])


def shows_the_inbox(page: Page, person: Client) -> bool:
    """Whether page and API agree on what there is and how many are unread."""
    text = page.locator("#unread").inner_text()
    return rows(page) == [found["id"] for found in person.inbox()] and text == str(unread(person))


def test_a_transfer_that_is_made_in_one_browser_appears_in_the_other(
    browser: Browser, platform: Platform, member: Make
) -> None:
    payer, payee = member(), member()
    with (
        visitor(browser, platform.public_host) as (sends, _),
        visitor(browser, platform.public_host, viewport=PHONE) as (looks, _),
    ):
        open_inbox(looks, platform, payee)
        enter(sends, platform, payer)
        sends.goto(f"{platform.public_url('transaction-web')}/send_transaction")
        ask_to_send(sends, payee.username, "12.50", "lunch")
        sends.get_by_role("button", name="Send money").click()
        expect(sends.get_by_role("main")).to_contain_text("Sent.")

        newest = looks.locator("#notifications > li").first
        expect(newest).to_contain_text("You received €12.50", timeout=ARRIVES_MS)
        expect(newest).to_contain_text(f"@{payer.username}")
        eventually(lambda: shows_the_inbox(looks, payee), what="page and API agree")
        number = unread(payee)
        expect(looks.locator("#badge")).to_have_text(str(number))
        expect(looks).to_have_title(re.compile(rf"^\({number}\) Inbox"))
        assert looks.evaluate("window.notReloaded")


def test_what_is_read_or_archived_in_one_browser_is_so_in_the_other(
    browser: Browser, platform: Platform, member: Make
) -> None:
    payer, payee = member(), member()
    with (
        visitor(browser, platform.public_host) as (one, _),
        visitor(browser, platform.public_host) as (other, _),
    ):
        open_inbox(one, platform, payee)
        open_inbox(other, platform, payee)
        first, second = (payer.send(payee.username, amount).json()["id"] for amount in (100, 200))
        for page in (one, other):
            expect(row_of(page, second)).to_be_visible(timeout=ARRIVES_MS)
        eventually(lambda: shows_the_inbox(other, payee), what="page and API agree")

        row_of(one, first).get_by_role("button", name="Mark as read").click()
        expect(row_of(other, first)).not_to_have_class(re.compile("unread"), timeout=ARRIVES_MS)
        row_of(one, second).get_by_role("button", name="Archive").click()
        expect(row_of(other, second)).to_have_count(0, timeout=ARRIVES_MS)

        eventually(lambda: shows_the_inbox(other, payee), what="page and API agree")
        assert other.evaluate("window.notReloaded")


def test_what_arrives_while_the_page_looks_again_stays(browser: Browser, platform: Platform, member: Make) -> None:
    payer, payee = member(), member()
    with visitor(browser, platform.public_host) as (page, _):
        open_inbox(page, platform, payee)
        first = payer.send(payee.username, 100).json()["id"]
        expect(row_of(page, first)).to_be_visible(timeout=ARRIVES_MS)
        held: list[tuple[Route, APIResponse]] = []
        page.route("**/inbox", lambda route: held.append((route, route.fetch())))

        read_elsewhere(payee, first)
        eventually(lambda: page.wait_for_timeout(50) or held, what="the page looks again")
        second = payer.send(payee.username, 200).json()["id"]
        expect(row_of(page, second)).to_be_visible(timeout=ARRIVES_MS)
        for route, answer in held:
            route.fulfill(response=answer)

        expect(row_of(page, first)).not_to_have_class(re.compile("unread"), timeout=ARRIVES_MS)
        expect(row_of(page, second)).to_have_count(1)
        eventually(lambda: shows_the_inbox(page, payee), what="page and API agree")


def test_who_is_at_work_in_the_list_keeps_it_and_sees_the_change_afterwards(
    browser: Browser, platform: Platform, member: Make
) -> None:
    payer, payee = member(), member()
    with visitor(browser, platform.public_host) as (page, _):
        open_inbox(page, platform, payee)
        first = payer.send(payee.username, 100).json()["id"]
        button = row_of(page, first).get_by_role("button", name="Archive")
        expect(button).to_be_visible(timeout=ARRIVES_MS)
        button.focus()
        with page.expect_response("**/inbox"):
            read_elsewhere(payee, first)
        expect(button).to_be_focused()
        button.blur()
        expect(row_of(page, first)).not_to_have_class(re.compile("unread"), timeout=ARRIVES_MS)


def is_live_after(page: Page, again: Locator) -> bool:
    """Whether trying again helps by now."""
    if again.is_visible():
        again.click()
    connection = page.locator("#connection")
    expect(connection).to_contain_text(re.compile("^Live|too many"), timeout=ARRIVES_MS)
    return connection.inner_text().startswith("Live")


def test_who_has_too_many_inboxes_open_is_told_so_and_the_page_stops_asking(
    browser: Browser, platform: Platform, member: Make
) -> None:
    person = member()
    live = f"{platform.url('notification-live')}/v1/stream"
    with ExitStack() as others, visitor(browser, platform.public_host) as (page, complaints):
        for _ in range(MOST_STREAMS):
            others.enter_context(stream(live, person.bearer()))
        enter(page, platform, person)
        page.goto(f"{platform.public_url('notification-web')}/inbox")
        expect(page.locator("#connection")).to_contain_text("too many inboxes open", timeout=ARRIVES_MS)
        again = page.get_by_role("link", name="Try again")
        expect(again).to_be_visible()
        others.close()
        # Who has hung up is noticed by a write, within ten seconds.
        eventually(lambda: is_live_after(page, again), what="there is room again", within_seconds=ROOM_SECONDS)
        # That it was refused is what Chromium complains of.
        complaints.errors = [error for error in complaints.errors if "/v1/stream" not in error]


@pytest.fixture
def line(platform: Platform) -> Iterator[CutLine]:
    """The way to the live process."""
    with cut_line(platform.stack.address("notification-live")) as line:
        yield line


@pytest.fixture
def over_the_line(browser: Browser, platform: Platform, line: CutLine) -> Iterator[Browser]:
    """A browser that reaches the live process by the line alone."""
    live = platform.public_url("notification-live").removeprefix("http://")
    running = another(browser, f"--host-resolver-rules=MAP {live} 127.0.0.1:{line.port}")
    yield running
    running.close()


@pytest.mark.parametrize("cut", [CutLine.cut, CutLine.unplug], ids=["cut", "unplugged"])
def test_after_a_cut_nothing_is_missed_and_nothing_is_doubled(
    over_the_line: Browser, line: CutLine, platform: Platform, member: Make, cut: Callable[[CutLine], None]
) -> None:
    payer, payee = member(), member()
    with visitor(over_the_line, platform.public_host) as (page, complaints):
        open_inbox(page, platform, payee)
        before = payer.send(payee.username, 1).json()["id"]
        expect(row_of(page, before)).to_be_visible(timeout=ARRIVES_MS)

        cut(line)
        missed = [payer.send(payee.username, amount).json()["id"] for amount in (2, 3, 4)]
        eventually(lambda: payee.told_of(missed[-1]), what="what came while the line was cut")
        expect(row_of(page, missed[0])).to_have_count(0)
        line.mend()

        expect(row_of(page, missed[-1])).to_be_visible(timeout=BACK_MS)
        after = payer.send(payee.username, 5).json()["id"]
        expect(row_of(page, after)).to_be_visible(timeout=ARRIVES_MS)
        eventually(lambda: shows_the_inbox(page, payee), what="page and API agree")
        for transfer in (before, *missed, after):
            expect(row_of(page, transfer)).to_have_count(1)
        assert page.evaluate("window.notReloaded")
        # That the line was cut is what Chromium complains of.
        complaints.errors = [error for error in complaints.errors if "/v1/stream" not in error]


def test_without_javascript_everything_can_be_done_by_forms(browser: Browser, platform: Platform, member: Make) -> None:
    payer, payee = member(), member()
    transfer = payer.send(payee.username, 100).json()["id"]
    eventually(lambda: payee.told_of(transfer), what="the payee is told")
    with visitor(browser, platform.public_host, viewport=PHONE, javascript=False) as (page, _):
        enter(page, platform, payee)
        page.goto(f"{platform.public_url('notification-web')}/inbox")
        row = row_of(page, transfer)
        row.get_by_role("button", name="Mark as read").click()
        row.get_by_role("button", name="Mark as unread").click()
        expect(row).to_have_class("unread")
        row.get_by_role("button", name="Archive").click()
        expect(row).to_have_count(0)

        page.get_by_role("link", name="Archived").click()
        expect(page.locator("#notifications > li")).to_have_count(1)
        row.get_by_role("button", name="Back to the inbox").click()
        expect(page.locator("#empty")).to_contain_text("Nothing is archived")

        page.get_by_role("link", name="Unread", exact=True).click()
        expect(row).to_be_visible()
        page.get_by_role("button", name="Mark all as read").click()
        expect(row).to_have_count(0)

        page.get_by_role("link", name="All", exact=True).click()
        expect(row).to_be_visible()
        page.get_by_text("Filter", exact=True).click()
        page.get_by_label("About").select_option(label="Holds")
        page.get_by_role("button", name="Show").click()
        expect(page.locator("#empty")).to_contain_text("Nothing matches")
