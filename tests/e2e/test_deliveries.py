"""The administrators' page of what goes out: a delivery that died is tried again by its button, and arrives."""

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from pymongo import MongoClient

from bench.stacks import Platform
from stack.layout import ROOT
from tests.e2e.api_client import Client
from tests.e2e.browser import DESKTOP, PHONE, visitor
from tests.e2e.test_administration import see
from tests.e2e.test_browser_journey import log_in
from tests.receivers import Receiver, receiving
from tests.waiting import eventually

PATIENCE_SECONDS = 60


@pytest.mark.parametrize(
    ("viewport", "javascript"), [(DESKTOP, True), (PHONE, False)], ids=["desktop", "phone without JavaScript"]
)
def test_an_administrator_tries_a_dead_delivery_again_and_it_arrives(
    viewport: dict[str, int],
    javascript: bool,
    browser: Browser,
    platform: Platform,
    admin: Client,
    member: Callable[[], Client],
) -> None:
    with (
        receiving() as receiver,
        visitor(browser, platform.public_host, viewport=viewport, javascript=javascript) as (page, _),
    ):
        id = a_dead_delivery(platform, member(), receiver)
        page.goto(f"{platform.public_url('notification-web')}/deliveries")
        log_in(page, admin.username, admin.password)
        row = page.locator(f'[id="{id}"]')
        expect(row).to_contain_text("Test of a webhook")
        see(page, "deliveries")
        wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        assert not wide

        receiver.answers = [(204, {})]
        row.get_by_role("button", name="Try again").click()
        expect(page.get_by_role("main")).to_contain_text("It is tried again now.")
        deliveries = page.get_by_role("navigation", name="Notifications").get_by_role("link", name="Deliveries")
        expect(deliveries).to_have_attribute("aria-current", "true")
        eventually(lambda: shown_as_delivered(page, platform, id), what="it arrives", within_seconds=PATIENCE_SECONDS)


def test_nobody_else_sees_the_page_or_the_way_to_it(
    browser: Browser, platform: Platform, member: Callable[[], Client]
) -> None:
    person = member()
    with visitor(browser, platform.public_host) as (page, complaints):
        page.goto(f"{platform.public_url('notification-web')}/inbox")
        log_in(page, person.username, person.password)
        expect(page.get_by_role("link", name="Webhooks")).to_be_visible()
        expect(page.get_by_role("link", name="Deliveries")).to_have_count(0)
        answer = page.goto(f"{platform.public_url('notification-web')}/deliveries")
        assert answer is not None
        assert answer.status == 403
        expect(page.get_by_role("main")).to_contain_text("administer the platform")
        # Chromium reports every answer of 4xx as an error; this one was asked for.
        complaints.errors = [error for error in complaints.errors if "403" not in error]


def test_an_operator_does_so_by_the_command_of_the_runbook(platform: Platform, member: Callable[[], Client]) -> None:
    with receiving() as receiver:
        id = a_dead_delivery(platform, member(), receiver)
        receiver.answers = [(204, {})]
        assert id in redrive()
        before = len(receiver.received)
        assert redrive("--id", id).endswith("redriven 1\n")
        eventually(lambda: len(receiver.received) > before, what="it arrives", within_seconds=PATIENCE_SECONDS)


def redrive(*arguments: str) -> str:
    """As `make redrive` does; what it says."""
    command = [sys.executable, "-m", "stack", "redrive", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def a_dead_delivery(platform: Platform, person: Client, receiver: Receiver) -> str:
    """The id of a test to a webhook that answers 500, given up because it seems to be four days old."""
    receiver.answers = [(500, {})]
    made = person.post("/v1/webhooks", of="notification-web", json={"url": receiver.url}).json()["webhook"]
    assert person.post(f"/v1/webhooks/{made['id']}/test", of="notification-web").status_code == 202

    def the_one() -> dict[str, Any]:
        found = person.get("/v1/deliveries", of="notification-web").json()["deliveries"]
        (delivery,) = (each for each in found if each["target"] == made["id"])
        return dict(delivery)

    eventually(lambda: receiver.received, what="a first attempt", within_seconds=PATIENCE_SECONDS)
    id = str(the_one()["id"])
    with MongoClient[dict[str, Any]](platform.mongo_admin_url) as client:
        old = {"$set": {"since": datetime.now(UTC) - timedelta(days=4)}}
        assert client["notification"]["deliveries"].update_one({"_id": id}, old).matched_count == 1
    eventually(lambda: the_one()["state"] == "dead", what="it is given up", within_seconds=PATIENCE_SECONDS)
    return id


def shown_as_delivered(page: Page, platform: Platform, id: str) -> bool:
    page.goto(f"{platform.public_url('notification-web')}/deliveries?state=delivered")
    return page.locator(f'[id="{id}"]').count() == 1
