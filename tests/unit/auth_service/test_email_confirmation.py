from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from auth_service.domain import LETTERS_PER_WINDOW, EmailTaken, MailOrder, User
from auth_service.use_cases.confirm_email import LinkUnusable
from auth_service.use_cases.refresh import Attempt
from contracts.codec import codec_for
from contracts.session import session_hash
from tests.unit.auth_service.test_api import bearer, service
from tests.unit.auth_service.test_pages import BROWSER, log_in, send
from tests.unit.auth_service.world import PASSWORD, World

ADDRESS = "demo-001@example.com"


@pytest.fixture
def client(world: World) -> FlaskClient:
    return world.app().test_client()


def sign_up(world: World, name: str = "demo-001", address: str = ADDRESS) -> User:
    return world.auth.sign_up(name, address, PASSWORD)


def orders(world: World) -> list[MailOrder]:
    return list(world.mail.orders.values())


def test_a_sign_up_orders_a_letter_without_any_secret(world: World) -> None:
    user = sign_up(world)

    [order] = orders(world)
    assert (order.kind, order.user_id, order.address) == ("confirm_email", user.id, ADDRESS)
    assert world.mail.links == {}


def test_a_sign_up_with_anothers_address_leaves_the_same_behind_as_a_fresh_one(world: World) -> None:
    world.confirm(sign_up(world))
    world.mail.orders.clear()

    fresh, taken = sign_up(world, "demo-002", "fresh@example.com"), sign_up(world, "demo-003", ADDRESS)

    assert [(order.kind, order.user_id) for order in orders(world)] == [
        ("confirm_email", fresh.id),
        ("confirm_email", taken.id),
    ]
    assert world.users.by_id(taken.id) == taken


@pytest.mark.parametrize("origin", ["demo", "probe"])
def test_the_platforms_own_people_get_no_letter(world: World, origin: str) -> None:
    world.auth.sign_up("demo-001", ADDRESS, PASSWORD, origin)  # type: ignore[arg-type]

    assert orders(world) == []


def test_the_link_makes_the_address_theirs_and_the_platform_hears_of_it(world: World) -> None:
    user = sign_up(world)
    token = world.deliver(orders(world)[0])

    assert world.auth.confirm_email.look(token) == user
    assert world.auth.confirm_email(token).email_confirmed is True

    assert world.users.by_confirmed_email(ADDRESS.upper()).id == user.id  # type: ignore[union-attr]
    event = world.outbox.waiting(10)[-1].data
    assert (event["type"], event["email_confirmed"]) == ("user.changed", True)
    codec_for("users").encode(event)
    assert world.trail.of(user.id, 1)[0].entry.kind == "email.confirmed"
    assert world.count_of("auth_mail_links_used_total", kind="confirm_email") == 1


def test_a_log_in_that_the_confirmation_overtakes_is_no_newcomers(world: World) -> None:
    user = sign_up(world)

    class Overtaken:
        """Checks the password, and meanwhile the address is confirmed."""

        def verify(self, password: str, password_hash: str | None) -> bool:
            world.confirm(user)
            return world.passwords.verify(password, password_hash)

        def __getattr__(self, name: str) -> object:
            return getattr(world.passwords, name)

    done = replace(world.auth.log_in, passwords=Overtaken()).by_form(user.username, PASSWORD)  # type: ignore[arg-type]

    kept = world.sessions.by_id(done.session.id)
    assert kept is not None
    assert kept.roles == done.session.roles == ("user",)
    assert [entry.roles for entry in world.cache.entries.values()] == [("user",)]


def test_a_link_works_once(world: World) -> None:
    sign_up(world)
    token = world.deliver(orders(world)[0])
    world.auth.confirm_email(token)

    with pytest.raises(LinkUnusable):
        world.auth.confirm_email(token)
    with pytest.raises(LinkUnusable):
        world.auth.confirm_email.look(token)


def test_a_link_works_for_a_day(world: World) -> None:
    sign_up(world)
    token = world.deliver(orders(world)[0])

    world.clock.advance(timedelta(hours=24).total_seconds() - 1)
    world.auth.confirm_email.look(token)
    world.clock.advance(1)

    with pytest.raises(LinkUnusable):
        world.auth.confirm_email(token)


def test_using_one_link_ends_the_others_and_what_is_still_ordered(world: World) -> None:
    user = sign_up(world)
    tokens = [world.deliver(orders(world)[0]) for _ in range(2)]
    world.auth.confirm_email.ask(user.id)

    world.auth.confirm_email(tokens[0])

    assert (world.mail.links, world.mail.orders) == ({}, {})
    with pytest.raises(LinkUnusable):
        world.auth.confirm_email(tokens[1])


def test_of_two_accounts_with_one_address_the_first_that_confirms_has_it(world: World) -> None:
    sign_up(world)
    second = sign_up(world, "demo-002")
    first_token, second_token = (world.deliver(order) for order in orders(world))
    world.auth.confirm_email(first_token)

    with pytest.raises(EmailTaken):
        world.auth.confirm_email(second_token)

    assert world.users.by_id(second.id).email_confirmed is False  # type: ignore[union-attr]


def test_a_confirmed_address_gets_no_further_letter(world: World) -> None:
    user = sign_up(world)
    world.confirm(user)
    world.mail.orders.clear()

    world.auth.confirm_email.ask(user.id)

    assert orders(world) == []


@pytest.mark.parametrize("token", ["", "x", "x" * 43, "$gt"])
def test_what_was_never_a_link_is_answered_like_a_used_one(client: FlaskClient, token: str) -> None:
    answer = client.post("/v1/email_confirmations", json={"token": token})

    assert (answer.status_code, answer.json["code"]) == (400, "link_unusable")


def test_an_operator_in_place_of_a_token_is_refused(client: FlaskClient) -> None:
    answer = client.post("/v1/email_confirmations", json={"token": {"$gt": ""}})

    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")


def test_a_program_asks_for_the_letter_and_confirms(client: FlaskClient, world: World) -> None:
    sign_up(world)
    token = client.post("/v1/login", json={"username": "demo-001", "password": PASSWORD}).json["access_token"]
    assert client.get("/v1/me", headers=bearer(token)).json["email_confirmed"] is False

    assert client.post("/v1/me/email_confirmation", headers=bearer(token)).status_code == 202
    assert len(orders(world)) == 2
    secret = world.deliver(orders(world)[1])
    assert client.post("/v1/email_confirmations", json={"token": secret}).status_code == 204

    assert client.get("/v1/me", headers=bearer(token)).json["email_confirmed"] is True


def test_the_letter_is_not_asked_for_again_and_again(client: FlaskClient, world: World) -> None:
    sign_up(world)
    token = client.post("/v1/login", json={"username": "demo-001", "password": PASSWORD}).json["access_token"]
    log_in(client)
    world.mail.orders.clear()

    asked = [client.post("/v1/me/email_confirmation", headers=bearer(token)) for _ in range(LETTERS_PER_WINDOW + 1)]
    page = send(client, "/protected_web/email_confirmation", on="/protected_web")

    assert [answer.status_code for answer in asked] == [202] * LETTERS_PER_WINDOW + [429]
    assert asked[-1].headers["Retry-After"] == "2"
    assert "Wait 2 seconds" in client.get(page.location).text
    assert len(orders(world)) == LETTERS_PER_WINDOW


def test_a_service_has_no_address_to_confirm(client: FlaskClient, world: World) -> None:
    answer = client.post("/v1/me/email_confirmation", headers=service(client, "demo"))

    assert (answer.json["code"], orders(world)) == ("scope_missing", [])


def test_opening_the_link_moves_the_token_out_of_the_address_and_uses_nothing_up(
    client: FlaskClient, world: World
) -> None:
    sign_up(world)
    token = world.deliver(orders(world)[0])

    for _ in range(2):  # a program that scans mail, then the person
        opened = client.get(f"/confirm_email?token={token}", headers=BROWSER)
        assert (opened.status_code, opened.location) == (303, "/confirm_email")
    [cookie] = opened.headers.getlist("Set-Cookie")
    for word in ("HttpOnly", "SameSite=Lax", "Max-Age=900", "Path=/confirm_email"):
        assert word in cookie
    page = client.get("/confirm_email", headers=BROWSER).text

    assert ADDRESS in page
    assert "@demo-001" in page
    assert token not in page


def test_a_person_confirms_with_one_click_and_a_second_one_is_refused(client: FlaskClient, world: World) -> None:
    sign_up(world)
    token = world.deliver(orders(world)[0])
    client.get(f"/confirm_email?token={token}")

    answer = send(client, "/confirm_email")

    assert (answer.status_code, answer.location) == (302, "/protected_web")
    assert world.users.by_confirmed_email(ADDRESS) is not None
    client.get(f"/confirm_email?token={token}")
    again = client.get("/confirm_email", headers=BROWSER)
    assert again.status_code == 410
    assert "no longer good" in again.text


def test_a_click_without_the_forms_token_confirms_nothing(client: FlaskClient, world: World) -> None:
    sign_up(world)
    client.get(f"/confirm_email?token={world.deliver(orders(world)[0])}")

    assert client.post("/confirm_email", headers=BROWSER).status_code == 400
    assert world.users.by_confirmed_email(ADDRESS) is None


def test_the_profile_says_whether_the_address_is_confirmed_and_offers_the_letter(
    client: FlaskClient, world: World
) -> None:
    user = sign_up(world)
    log_in(client)
    assert "not confirmed" in client.get("/protected_web").text

    answer = send(client, "/protected_web/email_confirmation", on="/protected_web")
    assert answer.status_code == 302
    assert len(orders(world)) == 2

    world.confirm(user)
    page = client.get("/protected_web").text
    assert "not confirmed" not in page
    assert re.search(r">confirmed<", page)


def test_a_newcomers_sessions_say_so_until_the_address_is_confirmed(world: World) -> None:
    sign_up(world)
    token = world.deliver(orders(world)[0])
    browser = world.auth.log_in.by_form("demo-001", PASSWORD)
    grant = world.auth.log_in.by_api("demo-001", PASSWORD)
    assert world.auth.introspect.token(grant.access_token).roles == ("user", "newcomer")
    assert world.cache.entries[session_hash(browser.cookie)].roles == ("user", "newcomer")

    world.auth.confirm_email(token)

    assert session_hash(browser.cookie) not in world.cache.entries
    assert world.auth.introspect.session(browser.cookie).roles == ("user",)  # type: ignore[union-attr]
    refreshed = world.auth.refresh(Attempt(grant.refresh_token, "192.0.2.1"))
    assert world.auth.introspect.token(refreshed.access_token).roles == ("user",)


@pytest.mark.parametrize(("origin", "roles"), [("demo", ("user",)), ("probe", ("user",)), ("user", ("user", "admin"))])
def test_the_platforms_own_people_are_no_newcomers(world: World, origin: str, roles: tuple[str, ...]) -> None:
    user = User("id", "demo-001", ADDRESS, roles, origin, world.clock.now(), "hash")  # type: ignore[arg-type]

    assert user.session_roles == roles
