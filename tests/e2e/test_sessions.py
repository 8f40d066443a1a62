"""Where one is logged in, in a real browser: two browsers and a program, ended one by one and all at once."""

import re
import uuid
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from bench.stacks import Platform
from tests.e2e.api_client import Client
from tests.e2e.browser import DESKTOP, PHONE, visitor

Make = Callable[[], Client]
VIEWS = [(DESKTOP, True), (PHONE, True), (PHONE, False)]


def log_in(page: Page, platform: Platform, person: Client) -> None:
    page.goto(f"{platform.public_url('auth-web')}/login_form")
    page.get_by_label("User name").fill(person.username)
    page.get_by_label("Password").fill(person.password)
    page.get_by_role("button", name="Log in").click()
    expect(page).to_have_url(re.compile("/protected_web$"))


@pytest.mark.parametrize(("viewport", "javascript"), VIEWS, ids=["desktop", "phone", "phone without JavaScript"])
def test_a_person_sees_where_they_are_logged_in_and_ends_it(
    viewport: dict[str, int], javascript: bool, browser: Browser, platform: Platform, member: Make
) -> None:
    person = member()  # the program has a session too
    with (
        visitor(browser, platform.public_host) as (elsewhere, _),
        visitor(browser, platform.public_host, viewport=viewport, javascript=javascript) as (page, _),
    ):
        log_in(elsewhere, platform, person)
        log_in(page, platform, person)
        rows = page.locator("section", has=page.get_by_role("heading", name="Where you are logged in")).locator("li")
        expect(rows).to_have_count(3)
        here, program = rows.filter(has_text="this browser"), rows.filter(has_text="API client")
        expect(here).to_contain_text(re.compile("Chrom.* on Linux"))
        expect(here).to_contain_text("from 127.0.0.1")
        expect(program).to_contain_text("python-httpx")

        program.get_by_role("button", name="End").click()
        expect(page.get_by_role("main")).to_contain_text("That session has ended.")
        expect(rows).to_have_count(2)
        assert person.get("/v1/me", of="auth-web").status_code == 401

        page.get_by_role("button", name="Log out everywhere, here too").click()
        expect(page.locator("body")).to_contain_text("You are logged out everywhere.")
        for left in (page, elsewhere):
            left.goto(f"{platform.public_url('auth-web')}/protected_web")
            expect(left).to_have_url(re.compile("/login_form"))


def test_a_program_does_the_same_by_the_api(platform: Platform, member: Make) -> None:
    person = member()
    other = Client(platform, person.username, password=person.password)
    assert other.log_in().status_code == 200

    found = person.get("/v1/me/sessions", of="auth-web").json()["sessions"]
    ended = next(session for session in found if not session["current"])
    url = f"{platform.auth_url}/v1/me/sessions"

    assert len(found) == 2
    assert ended["device"].startswith("python-httpx")
    assert Client._ask("DELETE", f"{url}/{uuid.uuid4()}", headers=person.bearer()).status_code == 404
    assert Client._ask("DELETE", f"{url}/{ended['id']}", headers=person.bearer()).status_code == 204
    assert other.get("/v1/me", of="auth-web").json()["code"] == "token_revoked"
    assert Client._ask("DELETE", url, params={"all": "true"}, headers=person.bearer()).json() == {"ended": 1}
    assert person.get("/v1/me", of="auth-web").json()["code"] == "token_revoked"
