"""Who closes their account is out of every service, and forgotten; the books stay whole."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, expect

from bench.stacks import Platform
from tests.e2e.api_client import GRANT, Client
from tests.e2e.browser import DESKTOP, PHONE, visitor
from tests.e2e.test_administration import see
from tests.e2e.test_browser_journey import log_in
from tests.waiting import eventually


def close(person: Client, password: str = "") -> tuple[int, str]:
    answer = person.post("/v1/me/close", of="auth-web", json={"password": password or person.password})
    return answer.status_code, answer.json()["code"] if answer.content else ""


def test_a_person_leaves_with_nothing_left_behind(member: Callable[[], Client]) -> None:
    person, friend = member(), member()
    assert person.keep(friend.username).status_code == 201
    assert close(person) == (409, "money_left")
    assert person.send(friend.username, GRANT).status_code == 201
    assert friend.balance() == 2 * GRANT

    assert close(person) == (204, "")

    eventually(lambda: person.get("/v1/accounts").status_code == 401, what="every service refuses")
    assert person.log_in().json()["code"] == "invalid_credentials"
    assert person.sign_up().json()["code"] == "username_taken"
    eventually(
        lambda: friend.send(person.username, 1).json().get("code") == "payee_unavailable",
        what="nobody pays who has left",
    )
    assert friend.get("/v1/transfers").json()["transfers"][-1]["id"]


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_on_the_profile_one_gets_ones_data_and_closes_the_account(
    viewport: dict[str, int], browser: Browser, platform: Platform, member: Callable[[], Client]
) -> None:
    person, friend = member(), member()
    assert person.send(friend.username, GRANT).status_code == 201
    with visitor(browser, platform.public_host, viewport=viewport) as (page, _):
        page.goto(f"{platform.public_url('auth-web')}/login_form")
        log_in(page, person.username, person.password)
        with page.expect_download() as download:
            page.get_by_role("button", name="Download your data").click()
        assert person.email in download.value.path().read_text()

        page.get_by_role("link", name="Close your account").click()
        see(page, "close-account")
        page.get_by_label("Your password").fill(person.password)
        page.get_by_role("button", name="Close my account for good").click()
        expect(page.get_by_role("main")).to_contain_text("Your account is closed")
    assert person.log_in().status_code == 401
