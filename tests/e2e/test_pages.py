"""Every page, on a desktop, on a phone, without JavaScript: it complains of nothing and loads nothing from outside."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, expect

from bench.stacks import Platform
from tests.e2e.api_client import Client
from tests.e2e.browser import DESKTOP, PHONE, visitor
from tests.e2e.test_browser_journey import log_in


@dataclass(frozen=True)
class Place:
    """A page: of which process, at which path, and whether one must be logged in to see it."""

    process: str
    path: str
    members_only: bool = False


PLACES = [
    Place("auth-web", "/"),
    Place("auth-web", "/signup_form"),
    Place("auth-web", "/login_form"),
    Place("auth-web", "/protected_web", members_only=True),
    Place("auth-web", "/apidocs/"),
    Place("transaction-web", "/login_transaction_form"),
    Place("transaction-web", "/send_transaction", members_only=True),
    Place("transaction-web", "/apidocs/"),
]


@pytest.fixture(scope="module")
def reader(member: Callable[[], Client]) -> Client:
    """Somebody who has sent something, so that every part of the pages has something to show."""
    person, other = member(), member()
    person.send(other.username, 1250, note="for the page")
    return person


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.process + place.path)
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_page_opens_without_complaint(
    place: Place, viewport: dict[str, int], browser: Browser, platform: Platform, reader: Client
) -> None:
    with visitor(browser, platform.public_host, viewport=viewport) as (page, _):
        if place.members_only:
            page.goto(f"{platform.public_url('auth-web')}/login_form")
            log_in(page, reader.username, reader.password)

        answer = page.goto(f"{platform.public_url(place.process)}{place.path}", wait_until="networkidle")

        assert answer is not None
        assert answer.status == 200
        assert page.url.endswith(place.path)
        if "apidocs" not in place.path:
            width = page.evaluate("document.documentElement.scrollWidth")
            assert width <= viewport["width"], "the page is wider than the screen"


@pytest.mark.parametrize("place", [p for p in PLACES if "apidocs" not in p.path], ids=lambda p: p.process + p.path)
def test_a_page_is_readable_without_javascript(
    place: Place, browser: Browser, platform: Platform, reader: Client
) -> None:
    with visitor(browser, platform.public_host, javascript=False) as (page, _):
        if place.members_only:
            page.goto(f"{platform.public_url('auth-web')}/login_form")
            log_in(page, reader.username, reader.password)

        answer = page.goto(f"{platform.public_url(place.process)}{place.path}")

        assert answer is not None
        assert answer.status == 200
        expect(page.get_by_role("heading", level=1)).to_be_visible()


@pytest.mark.parametrize("process", ["auth-web", "transaction-web"])
def test_the_api_document_lists_the_routes(process: str, browser: Browser, platform: Platform) -> None:
    route = {"auth-web": "/v1/login", "transaction-web": "/v1/transfers"}[process]
    with visitor(browser, platform.public_host) as (page, _):
        page.goto(f"{platform.public_url(process)}/apidocs/", wait_until="networkidle")

        expect(page.get_by_text(route, exact=True).first).to_be_visible()
