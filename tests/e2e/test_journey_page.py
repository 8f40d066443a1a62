"""In real Chromium: the journey page of a transfer that is under way, that was refused, whose webhook fails, and by its
trace. That of one that is complete: test_followed_by_eye."""

import re
from collections.abc import Callable

from playwright.sync_api import Browser, Page, expect

from bench.alone import stopped
from bench.stacks import Platform
from tests.e2e.api_client import GRANT, Client
from tests.e2e.browser import visitor
from tests.e2e.test_followed_by_eye import enter
from tests.e2e.test_journeys import complete_journey
from tests.e2e.test_observed import traced_transfer
from tests.e2e.test_webhooks import created
from tests.receivers import receiving

Make = Callable[[], Client]
SOON_MS = 30_000
"""The page looks again by itself, every few seconds at first."""
INGESTER = "analytics-ingester"


def follow(page: Page, platform: Platform, transfer_id: str) -> None:
    page.goto(f"{platform.public_url('monitoring-web')}/journey")
    page.get_by_label("Number of the transfer").fill(transfer_id)
    page.get_by_role("button", name="Follow it").click()
    expect(page).to_have_url(re.compile(f"/journey/{transfer_id}$"))


def test_a_transfer_that_a_stopped_consumer_has_not_taken_says_what_is_missing_and_since_when(
    browser: Browser, platform: Platform, member: Make
) -> None:
    payer, payee = member(), member()
    with visitor(browser, platform.public_host) as (page, _):
        enter(page, platform, payer)
        with stopped(platform, [INGESTER]):
            transfer = payer.send(payee.username, 1).json()["id"]
            follow(page, platform, transfer)

            reports = page.locator("#stages .timeline > li").filter(has_text="In the reports")
            expect(page.locator("#stages .timeline > li").filter(has_text="In the inbox")).to_contain_text(
                re.compile(r"\d\d:\d\d:\d\d\.\d{3}"), timeout=SOON_MS
            )
            expect(reports).to_contain_text("waiting")
            expect(reports).to_contain_text(re.compile(r"missing since \d\d:\d\d:\d\d"))
            expect(page.locator("#stages")).to_have_attribute("data-complete", "no")

        # The page reloads itself until nothing is missing.
        expect(page.locator("#stages")).to_have_attribute("data-complete", "yes", timeout=2 * SOON_MS)
        expect(reports).not_to_contain_text("missing")


def test_a_rejected_transfer_ends_with_the_payers_notification_and_in_the_reports(
    browser: Browser, platform: Platform, member: Make
) -> None:
    payer, payee = member(), member()
    transfer = payer.send(payee.username, GRANT + 1).json()["transfer"]["id"]
    complete_journey(payer, transfer)
    with visitor(browser, platform.public_host) as (page, _):
        enter(page, platform, payer)

        follow(page, platform, transfer)

        expect(page.locator("#status")).to_have_text("Rejected")
        expect(page.locator("#stages")).to_have_attribute("data-complete", "yes")
        expect(page.locator("#stages .timeline > li").filter(has_text="In the inbox")).not_to_contain_text("payee")


def test_a_webhook_that_fails_shows_its_attempts_to_its_owner_and_to_nobody_else(
    browser: Browser, platform: Platform, member: Make
) -> None:
    payer, payee = member(), member()
    with receiving() as receiver, visitor(browser, platform.public_host) as (page, _):
        receiver.answers = [(500, {})]
        created(payer, receiver.url)
        transfer = payer.send(payee.username, 1).json()["id"]
        enter(page, platform, payer)

        follow(page, platform, transfer)

        webhook = page.locator(".sent > li").filter(has_text="Webhook")
        expect(webhook).to_contain_text("answered with 500", timeout=SOON_MS)
        expect(webhook).to_contain_text(re.compile(r"\d+ attempts?, the last \d\d:\d\d:\d\d"))
        expect(webhook).to_contain_text("failed, will be tried again")
    found = complete_journey(payee, transfer)
    assert all(sent["user_id"] == payee.accounts()[0]["user_id"] for step in found["steps"] for sent in step["sent"])


def test_a_transfer_is_found_by_its_trace_by_those_who_may_see_it(
    browser: Browser, platform: Platform, member: Make
) -> None:
    payer, payee, other = member(), member(), member()
    trace_id = traced_transfer(payer, payee, platform)[0]["traceId"]
    (transfer,) = payer.history()[:1]
    with visitor(browser, platform.public_host) as (page, _):
        enter(page, platform, payer)
        page.goto(f"{platform.public_url('monitoring-web')}/journey")
        page.get_by_label("Number of the transfer").fill(trace_id)
        page.get_by_role("button", name="Follow it").click()
        expect(page).to_have_url(re.compile(f"/journey/{transfer['id']}$"))
        expect(page.locator("#trace")).to_have_attribute("href", re.compile(f"{trace_id}$"))

    answers = [who.get("/v1/journeys", of="monitoring-web", trace_id=trace_id) for who in (payer, other)]
    assert [answer.status_code for answer in answers] == [200, 404]
    assert answers[0].json()["transfer_id"] == transfer["id"]
