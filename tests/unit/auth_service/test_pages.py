from __future__ import annotations

import re
from typing import Literal

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from contracts.session import COOKIE_NAME
from tests.unit.auth_service.world import HOME, PASSWORD, World

OURS = "http://localhost:5000"
BROWSER = {"Accept": "text/html"}


@pytest.fixture
def client(world: World) -> FlaskClient:
    return world.app().test_client()


@pytest.fixture
def person(world: World, client: FlaskClient) -> FlaskClient:
    """A browser in which demo-001 is logged in."""
    world.auth.sign_up("demo-001", "demo-001@example.com", PASSWORD)
    log_in(client)
    return client


def send(client: FlaskClient, path: str, on: str | None = None, **fields: str) -> TestResponse:
    """Fill in the form of page `on` (the path itself if not given) and send it to `path`."""
    page = client.get(on or path, headers=BROWSER).text
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert token is not None
    return client.post(path, data={"csrf_token": token[1], **fields}, headers=BROWSER)


def log_in(client: FlaskClient, password: str = PASSWORD, **more: str) -> TestResponse:
    return send(client, "/login_form", username="demo-001", password=password, **more)


def test_the_landing_page_says_where_to_begin(client: FlaskClient) -> None:
    page = client.get("/").text

    assert "Create an account" in page
    assert "/signup_form" in page


def test_the_demo_log_in_is_shown_in_development_only(world: World) -> None:
    demo = {"demo_username": "demo-001", "demo_password": "shown-to-all"}

    assert "shown-to-all" in World().app(**demo).test_client().get("/").text
    assert "shown-to-all" not in World().app(**demo, environment="production").test_client().get("/").text


def test_a_person_signs_up_and_is_asked_to_log_in(client: FlaskClient, world: World) -> None:
    answer = send(client, "/signup_form", username="Demo-001", email="demo-001@example.com", password=PASSWORD)

    assert answer.status_code == 302
    assert world.users.by_username("demo-001") is not None
    assert "Your account is ready" in client.get(answer.location).text


def test_all_mistakes_of_a_sign_up_show_at_once(client: FlaskClient) -> None:
    answer = send(client, "/signup_form", username="x", email="nope", password="short")

    assert answer.status_code == 400
    for said in ("3 to 32 characters", "does not look like an e-mail", "8 to 128 characters"):
        assert said in answer.text


def test_a_taken_name_is_said_at_its_field(person: FlaskClient) -> None:
    answer = send(person, "/signup_form", username="demo-001", email="a@example.com", password=PASSWORD)

    assert answer.status_code == 409
    assert "This user name is taken" in answer.text


def test_a_log_in_sets_a_cookie_that_scripts_and_other_sites_do_not_get(client: FlaskClient, world: World) -> None:
    world.auth.sign_up("demo-001", "demo-001@example.com", PASSWORD)

    answer = log_in(client)

    [cookie] = [value for value in answer.headers.getlist("Set-Cookie") if value.startswith(COOKIE_NAME)]
    assert answer.status_code == 302
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie


def test_the_cookie_is_for_https_where_the_service_is(world: World) -> None:
    world.auth.sign_up("demo-001", "demo-001@example.com", PASSWORD)
    client = world.app(
        **{
            f"{service}_public_url": f"https://{service}.example.com"
            for service in ("auth", "transaction", "notification", "analytics", "monitoring")
        }
    ).test_client()
    page = client.get("/login_form", base_url="https://auth.example.com").text
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert token is not None

    answer = client.post(
        "/login_form",
        data={"csrf_token": token[1], "username": "demo-001", "password": PASSWORD},
        base_url="https://auth.example.com",
        headers={"Referer": "https://auth.example.com/login_form"},
    )

    assert all("Secure" in cookie for cookie in answer.headers.getlist("Set-Cookie"))


def test_a_planted_cookie_opens_nothing_after_the_log_in(client: FlaskClient, world: World) -> None:
    world.auth.sign_up("demo-001", "demo-001@example.com", PASSWORD)
    client.set_cookie(COOKIE_NAME, "p" * 43)

    log_in(client)

    assert world.auth.introspect.session("p" * 43) is None
    cookie = client.get_cookie(COOKIE_NAME)
    assert cookie is not None
    assert cookie.value != "p" * 43


def test_a_wrong_password_tells_nothing_more(person: FlaskClient) -> None:
    answer = log_in(person, "wrong")

    assert answer.status_code == 401
    assert "The user name or the password is wrong" in answer.text


@pytest.mark.parametrize(
    "target", ["http://localhost:5001/send_transaction?to=demo-002", "/protected_web", "http://localhost:5000/"]
)
def test_a_log_in_leads_back_to_where_one_was(client: FlaskClient, world: World, target: str) -> None:
    world.auth.sign_up("demo-001", "demo-001@example.com", PASSWORD)

    assert log_in(client, next=target).location == target


@pytest.mark.parametrize(
    "target",
    [
        "http://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "http://localhost:5000@evil.example/",
        "http://localhost:5000.evil.example/",
        "http://localhost:50001/",
        "https://localhost:5000/",
        "javascript:alert(1)",
        "http:///evil.example",
        "http://[",
        "protected_web",
        "/" + "x" * 3000,
    ],
)
def test_a_log_in_leads_nowhere_else(client: FlaskClient, world: World, target: str) -> None:
    world.auth.sign_up("demo-001", "demo-001@example.com", PASSWORD)

    assert log_in(client, next=target).location == "/protected_web"


def test_the_profile_needs_a_log_in_and_comes_back(client: FlaskClient) -> None:
    answer = client.get("/protected_web")

    assert answer.location == f"{OURS}/login_form?next=http%3A%2F%2Flocalhost%3A5000%2Fprotected_web"


def test_the_profile_shows_the_person_and_the_sessions(person: FlaskClient) -> None:
    page = person.get("/protected_web").text

    assert "@demo-001" in page
    assert "demo-001@example.com" in page
    assert "this browser" in page


def test_a_session_elsewhere_can_be_ended_from_the_profile(person: FlaskClient, world: World) -> None:
    elsewhere = world.auth.log_in.by_form("demo-001", PASSWORD)

    send(person, "/protected_web/sessions", on="/protected_web", session=elsewhere.session.id)

    assert world.auth.introspect.session(elsewhere.cookie) is None
    assert "@demo-001" in person.get("/protected_web").text


def test_all_other_sessions_can_be_ended_from_the_profile(person: FlaskClient, world: World) -> None:
    elsewhere = world.auth.log_in.by_form("demo-001", PASSWORD)

    send(person, "/protected_web/sessions", on="/protected_web")

    assert world.auth.introspect.session(elsewhere.cookie) is None
    assert person.get("/protected_web").status_code == 200


def test_the_profile_shows_device_address_and_last_use(person: FlaskClient) -> None:
    page = person.get("/protected_web").text

    assert HOME.device in page
    assert f"from {HOME.address}" in page
    assert "Last used" in page


@pytest.mark.parametrize("before", ["9" * 4301, "\u0663", "-1", "x", "1 "])
def test_what_is_no_place_in_the_activity_shows_it_from_its_end(person: FlaskClient, before: str) -> None:
    answer = person.get("/protected_web/activity", query_string={"before": before})

    assert answer.status_code == 200
    assert "Account created" in answer.text


def test_all_sessions_can_be_ended_from_the_profile_this_one_too(person: FlaskClient, world: World) -> None:
    elsewhere = world.auth.log_in.by_form("demo-001", PASSWORD)
    cookie = person.get_cookie(COOKIE_NAME)
    assert cookie is not None

    answer = send(person, "/protected_web/sessions", on="/protected_web", everywhere="yes")

    assert answer.location == "/"
    assert world.auth.introspect.session(elsewhere.cookie) is None
    assert world.auth.introspect.session(cookie.value) is None
    assert person.get_cookie(COOKIE_NAME) is None


@pytest.mark.parametrize("origin", ["http://localhost:5000", "http://localhost:5001"])
def test_the_log_out_button_works_on_the_pages_of_every_service(person: FlaskClient, world: World, origin: str) -> None:
    cookie = person.get_cookie(COOKIE_NAME)
    assert cookie is not None

    answer = person.post("/logout", headers={"Origin": origin})

    assert answer.status_code == 302
    assert world.auth.introspect.session(cookie.value) is None
    assert person.get_cookie(COOKIE_NAME) is None


@pytest.mark.parametrize("headers", [{}, {"Origin": "http://evil.example"}, {"Origin": "null"}])
def test_another_site_can_not_log_anybody_out(person: FlaskClient, headers: dict[str, str]) -> None:
    answer = person.post("/logout", headers=headers)

    assert (answer.status_code, answer.json["code"]) == (400, "csrf_failed")
    assert person.get("/protected_web").status_code == 200


def test_forms_need_their_token(client: FlaskClient) -> None:
    for path in ("/login_form", "/signup_form", "/protected_web/sessions"):
        assert client.post(path, data={"username": "demo-001"}).json["code"] == "csrf_failed"


def test_an_operator_in_a_form_field_is_a_missing_field(client: FlaskClient) -> None:
    answer = send(client, "/login_form", **{"username[$gt]": "", "password[$gt]": ""})

    assert answer.status_code == 400


@pytest.mark.parametrize("path", ["/signup_form", "/login_form", "/change_password_form", "/change_email_form"])
def test_password_fields_are_masked_and_leave_managers_and_pasting_alone(person: FlaskClient, path: str) -> None:
    fields = re.findall(r'<input[^>]*name="[^"]*password"[^>]*>', person.get(path, headers=BROWSER).text)

    assert fields
    for field in fields:
        assert 'type="password"' in field
        assert re.search(r'autocomplete="(current|new)-password"', field)
        assert "onpaste" not in field


@pytest.mark.parametrize(("origin", "told"), [("user", True), ("demo", False)])
def test_small_limits_are_told_to_those_for_whom_they_hold(
    world: World, client: FlaskClient, origin: Literal["user", "demo"], told: bool
) -> None:
    world.auth.sign_up("demo-001", "demo-001@example.com", PASSWORD, origin)
    log_in(client)

    assert ("small limits hold" in client.get("/protected_web").text) is told
