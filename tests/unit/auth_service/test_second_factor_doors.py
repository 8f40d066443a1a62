"""The second factor by API and on the pages."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import pyotp
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from auth_service.challenges import COOKIE_NAME as SECOND_STEP
from auth_service.domain import InvalidCredentials
from auth_service.use_cases import BrowserLogIn, Visitor
from contracts.session import COOKIE_NAME
from tests.unit.auth_service.test_pages import BROWSER, log_in, send
from tests.unit.auth_service.world import PASSWORD, World

STEP = 30


@dataclass
class Browser:
    """A browser in which demo-001 is logged in."""

    client: FlaskClient
    world: World
    key: str = ""
    recovery: tuple[str, ...] = ()

    def code(self) -> str:
        return pyotp.TOTP(self.key).at(int(self.world.clock.now().timestamp()))

    def set_up(self) -> Browser:
        page = send(self.client, "/second_factor/begin", on="/second_factor", password=PASSWORD).text
        key = re.search(r'<code id="key">([A-Z2-7 ]+)</code>', page)
        assert key is not None
        self.key = key[1].replace(" ", "")
        shown = self.send_on(page, "/second_factor/confirm", code=self.code())
        self.recovery = tuple(re.findall(r"<code>([a-z2-7-]{29})</code>", shown.text))
        self.world.clock.advance(STEP)
        return self

    def send_on(self, page: str, path: str, **fields: str) -> TestResponse:
        token = re.search(r'name="(?:[a-z_]+-)?csrf_token"[^>]*value="([^"]+)"', page)
        assert token is not None
        return self.client.post(path, data={"csrf_token": token[1], **fields}, headers=BROWSER)

    def log_out(self) -> None:
        self.client.post("/logout", headers={"Origin": "http://localhost:5000"})


@pytest.fixture
def browser(world: World) -> Browser:
    world.auth.sign_up("demo-001", "demo-001@example.com", PASSWORD)
    client = world.app().test_client()
    log_in(client)
    return Browser(client, world)


def test_it_is_set_up_on_pages_and_the_recovery_codes_are_shown_once(browser: Browser) -> None:
    assert "Off: your password alone" in browser.client.get("/protected_web").text

    browser.set_up()

    assert len(browser.recovery) == 10
    assert "10 recovery codes are left" in browser.client.get("/protected_web").text
    page = browser.client.get("/second_factor").text
    assert not any(code in page for code in browser.recovery)


def test_the_page_with_the_key_is_kept_by_no_cache_and_runs_nothing_foreign(browser: Browser) -> None:
    answer = send(browser.client, "/second_factor/begin", on="/second_factor", password=PASSWORD)

    assert answer.headers["Cache-Control"] == "no-store"
    assert "<svg" in answer.text
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]


def test_a_wrong_password_and_a_wrong_code_are_told_at_their_fields(browser: Browser) -> None:
    answer = send(browser.client, "/second_factor/begin", on="/second_factor", password="wrong")
    assert answer.status_code == 403
    assert "The password is wrong." in answer.text

    page = send(browser.client, "/second_factor/begin", on="/second_factor", password=PASSWORD).text
    answer = browser.send_on(page, "/second_factor/confirm", code="000000")
    assert answer.status_code == 403
    assert "present code" in answer.text


def test_a_log_in_takes_two_steps_then_and_leads_to_where_one_was(browser: Browser) -> None:
    browser.set_up().log_out()

    first = log_in(browser.client, next="http://localhost:5001/send_transaction")
    assert first.status_code == 302
    assert browser.client.get_cookie(COOKIE_NAME) is None
    assert browser.client.get("/protected_web").status_code == 302
    [cookie] = [value for value in first.headers.getlist("Set-Cookie") if value.startswith(SECOND_STEP)]
    assert "HttpOnly" in cookie
    assert "Max-Age=300" in cookie

    page = browser.client.get(first.location, headers=BROWSER).text
    done = browser.send_on(
        page, "/second_factor_form", code=browser.code(), next="http://localhost:5001/send_transaction"
    )
    assert done.location == "http://localhost:5001/send_transaction"
    assert browser.client.get_cookie(SECOND_STEP) is None
    assert "@demo-001" in browser.client.get("/protected_web").text


def test_a_code_that_was_used_is_refused_on_the_page(browser: Browser) -> None:
    code = browser.set_up().code()
    for expected in (302, 403):
        browser.log_out()
        log_in(browser.client)
        answer = send(browser.client, "/second_factor_form", code=code)
        assert answer.status_code == expected

    assert "was used before" in answer.text


def test_the_second_step_without_the_first_leads_to_it(browser: Browser) -> None:
    browser.log_out()

    assert browser.client.get("/second_factor_form?next=/x").location == "/login_form?next=/x"


def test_the_second_step_leads_nowhere_else(browser: Browser) -> None:
    browser.set_up().log_out()
    log_in(browser.client)

    answer = send(browser.client, "/second_factor_form", code=browser.code(), next="http://evil.example/")
    assert answer.location == "/protected_web"


def test_wrong_codes_on_the_page_end_in_a_wait(browser: Browser) -> None:
    browser.set_up().log_out()
    client = browser.world.app().test_client()  # another browser, which nobody knows
    log_in(client)

    answers = [send(client, "/second_factor_form", code="000000") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [403] * 5 + [429]
    assert "Wait 2 seconds" in answers[-1].text


def test_the_browser_of_the_set_up_is_a_known_device_then(browser: Browser) -> None:
    browser.set_up().log_out()
    stranger = browser.world.app().test_client()
    log_in(stranger)
    for _ in range(6):
        refused = send(stranger, "/second_factor_form", code="000000")
    assert refused.status_code == 429

    log_in(browser.client)
    assert send(browser.client, "/second_factor_form", code=browser.code()).location == "/protected_web"


def test_who_changes_the_password_between_the_steps_begins_again(browser: Browser) -> None:
    class Overtaken:
        """The code is right, and meanwhile the password has become another."""

        def second_by_form(self, challenge: str, code: str, visitor: Visitor) -> BrowserLogIn:
            raise InvalidCredentials

        def __getattr__(self, name: str) -> object:
            return getattr(log_in_as_it_is, name)

    browser.set_up().log_out()
    log_in_as_it_is = browser.world.auth.log_in
    browser.world.auth = replace(browser.world.auth, log_in=Overtaken())  # type: ignore[arg-type]
    client = browser.world.app().test_client()
    assert log_in(client).location.startswith("/second_factor_form")

    answer = send(client, "/second_factor_form", code=browser.code())

    assert (answer.status_code, answer.location) == (302, "/login_form")
    assert "Log in again" in client.get("/login_form", headers=BROWSER).text


def test_new_recovery_codes_and_switching_off_take_both(browser: Browser) -> None:
    page = browser.set_up().client.get("/second_factor").text

    wrong = browser.send_on(page, "/second_factor/recovery", **{"recovery-password": PASSWORD, "recovery-code": "1"})
    assert wrong.status_code == 403
    both = {"recovery-password": PASSWORD, "recovery-code": browser.code()}
    new = browser.send_on(page, "/second_factor/recovery", **both)
    assert len(re.findall(r"<code>([a-z2-7-]{29})</code>", new.text)) == 10
    browser.world.clock.advance(STEP)
    both = {"switch_off-password": "wrong", "switch_off-code": browser.code()}
    assert browser.send_on(page, "/second_factor/switch_off", **both).status_code == 403
    off = browser.send_on(page, "/second_factor/switch_off", **{**both, "switch_off-password": PASSWORD})
    assert off.status_code == 302
    assert "Two-step log-in is off" in browser.client.get("/protected_web").text


@pytest.mark.parametrize("path", ["begin", "confirm", "recovery", "switch_off"])
def test_every_form_needs_its_token_and_every_page_a_log_in(browser: Browser, path: str) -> None:
    assert browser.client.post(f"/second_factor/{path}").json["code"] == "csrf_failed"
    browser.log_out()
    page = browser.client.get("/login_form", headers=BROWSER).text
    assert "/login_form" in browser.send_on(page, f"/second_factor/{path}").location


def api(client: FlaskClient, path: str = "/v1/login", **body: str) -> TestResponse:
    return client.post(path, json=body)


def test_the_api_asks_for_the_code_and_takes_it_with_the_challenge(browser: Browser) -> None:
    browser.set_up()
    asked = api(browser.client, username="demo-001", password=PASSWORD)
    assert (asked.status_code, asked.json["code"]) == (403, "second_factor_required")

    wrong = api(browser.client, "/v1/login/second-factor", challenge=asked.json["challenge"], code="000000")
    assert (wrong.status_code, wrong.json["code"]) == (403, "invalid_second_factor")
    right = api(browser.client, "/v1/login/second-factor", challenge=asked.json["challenge"], code=browser.code())
    assert right.status_code == 200
    assert right.json.keys() >= {"access_token", "refresh_token", "device_token"}


def test_the_api_takes_password_and_code_at_once(browser: Browser) -> None:
    browser.set_up()

    assert api(browser.client, username="demo-001", password=PASSWORD, code=browser.recovery[0]).status_code == 200
    again = api(browser.client, username="demo-001", password=PASSWORD, code=browser.recovery[0])
    assert (again.status_code, again.json["code"]) == (403, "invalid_second_factor")


def test_a_wrong_password_tells_nothing_of_a_second_factor(browser: Browser) -> None:
    code = browser.set_up().code()

    answer = api(browser.client, username="demo-001", password="wrong", code=code)
    assert (answer.status_code, answer.json["code"]) == (401, "invalid_credentials")


def test_a_challenge_is_no_token_and_no_session(browser: Browser) -> None:
    challenge = api(browser.set_up().client, username="demo-001", password=PASSWORD).json["challenge"]

    assert browser.client.get("/v1/me", headers={"Authorization": f"Bearer {challenge}"}).status_code == 401
    stranger = browser.world.app().test_client()
    stranger.set_cookie(COOKIE_NAME, challenge)
    assert stranger.get("/protected_web").status_code == 302
