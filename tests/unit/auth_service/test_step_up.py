"""A recent proof of the second factor, in an open session."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import jwt
import pytest
from flask.testing import FlaskClient

from auth_service.domain import Session, User
from auth_service.domain.second_factor import InvalidSecondFactor
from contracts.access_token import ACR_TWO_FACTORS
from contracts.session import COOKIE_NAME
from service_kit.errors import TokenRevoked
from tests.unit.auth_service.test_pages import BROWSER, log_in, send
from tests.unit.auth_service.test_second_factor import HERE, Person
from tests.unit.auth_service.test_second_factor_doors import Browser
from tests.unit.auth_service.world import PASSWORD, World

TEN_MINUTES = 600
NEW_PASSWORD = "another correct horse"


@pytest.fixture
def browser(world: World) -> Browser:
    """demo-001, logged in, with a second factor."""
    world.auth.sign_up("demo-001", "demo-001@example.com", PASSWORD)
    client = world.app().test_client()
    log_in(client)
    return Browser(client, world).set_up()


def bearer(client: FlaskClient, browser: Browser) -> dict[str, str]:
    body = {"username": "demo-001", "password": PASSWORD, "code": browser.code()}
    token = client.post("/v1/login", json=body).json["access_token"]
    browser.world.clock.advance(30)
    return {"Authorization": f"Bearer {token}"}


def claims(token: str) -> dict[str, object]:
    read: dict[str, object] = jwt.decode(token, options={"verify_signature": False})
    return read


def test_a_log_in_with_both_factors_is_a_proof_and_the_token_says_so(world: World) -> None:
    person = Person(world).set_up()

    read = claims(person.log_in(person.code()))

    assert (read["auth_time"], read["acr"]) == (int(world.clock.now().timestamp()), ACR_TWO_FACTORS)


def test_who_has_no_second_factor_is_asked_for_nothing(world: World) -> None:
    person = Person(world)

    assert not claims(person.log_in()).keys() & {"auth_time", "acr"}
    assert not world.auth.step_up.is_due(person.user.id, "any")


def test_ten_minutes_after_the_proof_another_one_is_due(world: World) -> None:
    person = Person(world).set_up()
    person.log_in(person.code())
    session = next(found for found in person.open_sessions() if found.door == "api")

    world.clock.advance(TEN_MINUTES)
    assert not world.auth.step_up.is_due(person.user.id, session.id)
    world.clock.advance(1)
    assert world.auth.step_up.is_due(person.user.id, session.id)
    world.auth.step_up(person.user, session.id, person.code(), HERE)
    assert not world.auth.step_up.is_due(person.user.id, session.id)


def test_a_wrong_code_proves_nothing_and_an_ended_session_can_not_be_proven(world: World) -> None:
    person = Person(world).set_up()
    person.log_in(person.code())
    world.clock.advance(TEN_MINUTES + 1)
    session = next(found for found in person.open_sessions() if found.door == "api")

    with pytest.raises(InvalidSecondFactor):
        world.auth.step_up(person.user, session.id, "000000", HERE)
    assert world.auth.step_up.is_due(person.user.id, session.id)
    world.auth.log_out(session.id)
    with pytest.raises(TokenRevoked):
        world.auth.step_up(person.user, session.id, person.code(), HERE)


def test_switching_it_on_ends_the_sessions_that_the_password_alone_had_opened(world: World) -> None:
    person = Person(world)
    elsewhere = world.auth.log_in.by_form("demo-001", PASSWORD, HERE)
    person.set_up()

    assert world.auth.introspect.session(elsewhere.cookie) is None
    assert elsewhere.session.id in world.cache.announced[-1]


def test_switching_it_off_makes_the_sessions_forget_their_proofs(world: World) -> None:
    person = Person(world).set_up()
    person.log_in(person.code())
    person.world.auth.second_factor.switch_off(person.user, PASSWORD, person.recovery[0], HERE)

    open_ones = world.sessions.open_of(person.user.id, world.clock.now())
    assert {session.stepped_up_at for session in open_ones} == {None}


def test_the_api_steps_up_and_its_token_says_so(browser: Browser) -> None:
    client = browser.client
    headers = bearer(client, browser)
    browser.world.clock.advance(200)

    answer = client.post("/v1/step-up", json={"code": browser.code()}, headers=headers)

    assert answer.status_code == 200
    assert claims(answer.json["access_token"])["auth_time"] == int(browser.world.clock.now().timestamp())
    assert "refresh_token" not in answer.json
    again = client.post("/v1/step-up", json={"code": browser.code()}, headers=headers)
    assert (again.status_code, again.json["code"]) == (403, "invalid_second_factor")


def test_a_token_that_was_made_smaller_stays_so(browser: Browser) -> None:
    client = browser.client
    first = client.post("/v1/login", json={"username": "demo-001", "password": PASSWORD, "code": browser.code()}).json
    browser.world.clock.advance(30)
    form = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"], "scope": "reports:read"}
    small = client.post("/v1/token", data=form).json["access_token"]

    proven = client.post(
        "/v1/step-up", json={"code": browser.code()}, headers={"Authorization": f"Bearer {small}"}
    ).json

    assert proven["scope"] == claims(proven["access_token"])["scope"] == "reports:read"


def test_a_proof_takes_the_present_roles_as_a_refresh_does(world: World) -> None:
    person = Person(world).set_up()
    before = person.log_in(person.code())
    world.clock.advance(30)
    world.users.put(replace(_present(world), roles=("user", "analyst")))

    scopes = frozenset(str(claims(before)["scope"]).split()) | {"users:manage"}
    token = world.auth.step_up.for_api(_present(world), str(claims(before)["sid"]), person.code(), HERE, scopes)

    assert claims(token.access_token)["roles"] == ["user", "analyst"]
    assert token.scopes == scopes - {"users:manage"}


def _present(world: World) -> User:
    user = world.users.by_username("demo-001")
    assert user is not None
    return user


def test_the_page_asks_and_leads_back_and_other_services_know_at_once(browser: Browser) -> None:
    browser.world.clock.advance(TEN_MINUTES + 1)
    back = "http://localhost:5001/send_transaction/some-key"
    page = browser.client.get("/step_up_form", query_string={"next": back}, headers=BROWSER).text
    assert "Is it you?" in page

    assert browser.send_on(page, "/step_up_form", code="000000", next=back).status_code == 403
    answer = browser.send_on(page, "/step_up_form", code=browser.code(), next=back)

    assert answer.location == back
    now = int(browser.world.clock.now().timestamp())
    assert now in {entry.stepped_up_at for entry in browser.world.cache.entries.values()}


@pytest.mark.parametrize("target", ["http://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_the_page_leads_nowhere_else(browser: Browser, target: str) -> None:
    answer = send(browser.client, "/step_up_form", code=browser.code(), next=target)

    assert answer.location == "/protected_web"


def test_the_page_needs_a_session_and_asks_nobody_without_a_second_factor(world: World) -> None:
    client = world.app().test_client()
    assert "/login_form" in client.get("/step_up_form").location
    world.auth.sign_up("demo-001", "demo-001@example.com", PASSWORD)
    log_in(client)

    assert client.get("/step_up_form?next=/protected_web").location == "/protected_web"


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v1/me/password", {"old_password": PASSWORD, "password": NEW_PASSWORD}, 200),
        ("/v1/me/email", {"email": "another@example.com", "password": PASSWORD}, 202),
        ("/v1/me/close", {"password": PASSWORD}, 204),
    ],
)
def test_what_opens_the_account_changes_after_a_recent_proof_only(
    browser: Browser, path: str, body: dict[str, str], status: int
) -> None:
    headers = bearer(browser.client, browser)
    session = claims(headers["Authorization"].split()[1])["sid"]
    browser.world.sessions._sessions[str(session)] = _proven_long_ago(browser.world, str(session))

    answer = browser.client.post(path, json=body, headers=headers)

    assert (answer.status_code, answer.json["code"]) == (401, "step_up_required")
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="insufficient_user_authentication", max_age="600"'
    fresh = browser.client.post("/v1/step-up", json={"code": browser.code()}, headers=headers).json["access_token"]
    again = browser.client.post(path, json=body, headers={"Authorization": f"Bearer {fresh}"})
    assert again.status_code == status


def _proven_long_ago(world: World, session_id: str) -> Session:
    session = world.sessions.by_id(session_id)
    assert session is not None
    return replace(session, stepped_up_at=world.clock.now() - timedelta(seconds=TEN_MINUTES + 1))


@pytest.mark.parametrize("path", ["/change_password_form", "/change_email_form", "/protected_web/close"])
def test_the_pages_for_that_lead_to_the_proof_first(browser: Browser, path: str) -> None:
    assert browser.client.get(path).status_code == 200
    browser.world.clock.advance(TEN_MINUTES + 1)

    assert browser.client.get(path).location == f"/step_up_form?next={path}"
    assert browser.client.get_cookie(COOKIE_NAME) is not None
