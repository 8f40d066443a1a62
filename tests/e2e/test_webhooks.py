"""Webhooks from the page to a receiver that verifies them: one that a person adds, and what its log says."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect
from standardwebhooks import Webhook

from bench.stacks import Platform
from tests.e2e.api_client import Client
from tests.e2e.browser import DESKTOP, PHONE, visitor
from tests.e2e.test_browser_journey import log_in
from tests.receivers import Receiver, misbehaving, receiving, silent
from tests.waiting import eventually

PATIENCE_SECONDS = 60


@pytest.mark.parametrize(
    ("viewport", "javascript"), [(DESKTOP, True), (PHONE, False)], ids=["desktop", "phone without JavaScript"]
)
def test_a_payment_reaches_the_payees_server_signed_and_its_log_says_so(
    viewport: dict[str, int], javascript: bool, browser: Browser, platform: Platform, member: Callable[[], Client]
) -> None:
    payer, payee = member(), member()
    with (
        receiving() as receiver,
        visitor(browser, platform.public_host, viewport=viewport, javascript=javascript) as (page, _),
    ):
        page.goto(f"{platform.public_url('notification-web')}/webhooks")
        log_in(page, payee.username, payee.password)
        expect(page.get_by_text("No webhooks yet")).to_be_visible()
        secret = add(page, receiver.url, "My books", "Payment received")

        sent = payer.send(payee.username, 1250).json()
        arrived(receiver, "transfer.received")
        message = verified(receiver, secret, "transfer.received")
        assert message["data"]["transfer"] == {
            "id": sent["id"],
            "type": "payment",
            "amount": 1250,
            "currency": "EUR",
            "direction": "in",
            "counterparty": payer.username,
            "reason": None,
            "due_at": None,
        }
        logged(page, "Payment received", "delivered", "204")

        payee.send(payer.username, 100)  # of which it did not ask to be told
        page.get_by_role("button", name="Send a test").click()
        arrived(receiver, "webhook.test")
        verified(receiver, secret, "webhook.test")
        logged(page, "Test of a webhook", "delivered", "204")
        assert types(receiver) == ["transfer.received", "webhook.test"]


def test_a_replaced_secret_signs_beside_the_new_one_and_what_was_sent_is_sent_again(
    browser: Browser, platform: Platform, member: Callable[[], Client]
) -> None:
    person = member()
    with receiving() as receiver, visitor(browser, platform.public_host) as (page, _):
        page.goto(f"{platform.public_url('notification-web')}/webhooks")
        log_in(page, person.username, person.password)
        old = add(page, receiver.url, "", "Payment sent")
        page.get_by_role("button", name="Replace the secret").click()
        new = page.locator("#secret").inner_text()
        page.get_by_role("link", name="I have copied it").click()
        expect(page.get_by_text("signs too until")).to_be_visible()

        page.get_by_role("button", name="Send a test").click()
        arrived(receiver, "webhook.test")
        for secret in (old, new):
            verified(receiver, secret, "webhook.test")

        logged(page, "Test of a webhook", "delivered", "204")
        page.get_by_role("button", name="Send again").click()
        eventually(lambda: len(receiver.received) == 2, what="it came again", within_seconds=PATIENCE_SECONDS)
        first, second = receiver.received
        assert first.headers["webhook-id"] == second.headers["webhook-id"]


def test_a_receiver_that_is_gone_is_disabled_and_its_owner_told_in_the_inbox(
    browser: Browser, platform: Platform, member: Callable[[], Client]
) -> None:
    person = member()
    with receiving() as receiver, visitor(browser, platform.public_host) as (page, _):
        receiver.answers = [(410, {})]
        page.goto(f"{platform.public_url('notification-web')}/webhooks")
        log_in(page, person.username, person.password)
        add(page, receiver.url, "Old server", "Payment sent")
        page.get_by_role("button", name="Send a test").click()

        eventually(
            lambda: any(told["kind"] == "webhook.disabled" for told in person.inbox()),
            what="the owner is told",
            within_seconds=PATIENCE_SECONDS,
        )
        page.goto(f"{platform.public_url('notification-web')}/inbox")
        expect(page.locator("#notifications")).to_contain_text("Your webhook “Old server” was disabled")
        page.get_by_role("link", name="Webhooks").click()
        page.get_by_role("link", name="Old server").click()
        expect(page.get_by_text("has answered that it is gone")).to_be_visible()

        receiver.answers = [(200, {})]
        page.get_by_role("button", name="Enable again").click()
        page.get_by_role("button", name="Send again").click()
        logged(page, "Test of a webhook", "delivered", "200")
    assert len(receiver.received) == 2


def test_what_goes_wrong_is_in_the_log_and_holds_up_nobody_else(
    platform: Platform, member: Callable[[], Client]
) -> None:
    person = member()
    with receiving() as good, receiving() as moved, misbehaving(silent) as dead:
        moved.answers = [(301, {"Location": good.url})]
        ids = {name: created(person, url) for name, url in (("good", good.url), ("moved", moved.url), ("dead", dead))}
        for id in (ids["dead"], ids["moved"], ids["good"]):
            assert person.post(f"/v1/webhooks/{id}/test", of="notification-web").status_code == 202
        arrived(good, "webhook.test")
        eventually(lambda: causes(person, ids["moved"]) == ["redirected"], what="the 301", within_seconds=60)
        eventually(lambda: causes(person, ids["dead"]) == ["timeout"], what="no answer", within_seconds=60)
    assert len(good.received) == 1  # nobody has followed the redirect


def test_a_private_address_that_no_setting_names_is_refused(platform: Platform, member: Callable[[], Client]) -> None:
    person = member()
    for url in ("http://10.0.0.1/", "https://169.254.169.254/latest/meta-data/", "https://[::ffff:127.0.0.1]/"):
        answer = person.post("/v1/webhooks", of="notification-web", json={"url": url})
        assert (answer.status_code, answer.json()["code"]) == (400, "webhook_url_not_allowed")


def add(page: Page, url: str, description: str, kind: str) -> str:
    """Fill in the form; the secret that is shown once."""
    page.get_by_label("URL").fill(url)
    page.get_by_label("Description").fill(description)
    page.get_by_text("Only some kinds of notifications").click()
    page.get_by_label(kind, exact=True).check()
    page.get_by_role("button", name="Add webhook").click()
    secret = page.locator("#secret").inner_text()
    page.get_by_role("link", name="I have copied it").click()
    expect(page).to_have_url(re.compile("/webhooks/[0-9a-f-]{36}$"))
    return secret


def created(person: Client, url: str) -> str:
    """The id of a new webhook, by the API."""
    answer = person.post("/v1/webhooks", of="notification-web", json={"url": url, "kinds": ["transfer.sent"]})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["webhook"]["id"])


def causes(person: Client, id: str) -> list[str]:
    """Why the first attempts of all that was sent there failed."""
    log = person.get(f"/v1/webhooks/{id}/deliveries", of="notification-web").raise_for_status().json()["deliveries"]
    return [each["attempts"][0]["cause"] for each in log if each["attempts"] and each["attempts"][0]["cause"]]


def types(receiver: Receiver) -> list[str]:
    return [re.findall(rb'"type":"([^"]+)"', received.body)[0].decode() for received in receiver.received]


def arrived(receiver: Receiver, type: str) -> None:
    eventually(lambda: type in types(receiver), what=f"a webhook of the type {type}", within_seconds=PATIENCE_SECONDS)


def verified(receiver: Receiver, secret: str, type: str) -> dict:
    """The first message of this type, as the specification's own library takes it."""
    received = receiver.received[types(receiver).index(type)]
    message: dict = Webhook(secret).verify(received.body, dict(received.headers))
    return message


def logged(page: Page, *texts: str) -> None:
    """The newest line of the log says all of these, after some reloads."""

    def says() -> bool:
        page.get_by_role("link", name="Reload").click()
        newest = page.locator("#deliveries > li").first
        return newest.count() > 0 and all(text in newest.inner_text() for text in texts)

    eventually(says, what=f"the log says {', '.join(texts)}", within_seconds=PATIENCE_SECONDS)
