from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from auth_service.domain import LETTERS_PER_WINDOW, EmailTaken, MailOrder, User, UserChanged
from auth_service.use_cases import TooManyAttempts
from auth_service.use_cases.confirm_email import LinkUnusable
from auth_service.use_cases.proof import WrongPassword
from contracts.codec import codec_for
from service_kit.errors import InvalidRequest
from tests.unit.auth_service.test_api import bearer
from tests.unit.auth_service.test_pages import BROWSER, log_in, send
from tests.unit.auth_service.world import PASSWORD, World

OLD, NEW = "demo-001@example.com", "demo-001@example.org"


@pytest.fixture
def client(world: World) -> FlaskClient:
    return world.app().test_client()


@pytest.fixture
def person(world: World) -> User:
    """demo-001, whose address is confirmed; nothing is ordered."""
    user = world.auth.sign_up("demo-001", OLD, PASSWORD)
    world.confirm(user)
    world.mail.orders.clear()
    return user


def ordered(world: World, kind: str) -> MailOrder:
    [order] = [order for order in world.mail.orders.values() if order.kind == kind]
    return order


def address_of(world: World, user: User) -> str:
    found = world.users.by_id(user.id)
    assert found is not None
    return found.email


def asked(world: World, user: User) -> tuple[str, str]:
    """Ask for NEW; the tokens for the new and for the old address."""
    world.auth.change_email.ask(user.id, NEW, PASSWORD)
    new, old = ordered(world, "confirm_new_email"), ordered(world, "approve_new_email")
    assert (new.address, old.address) == (NEW, OLD)
    return world.deliver(new), world.deliver(old)


@pytest.mark.parametrize("old_first", [True, False])
def test_the_address_changes_with_the_second_yes(world: World, person: User, old_first: bool) -> None:
    new, old = asked(world, person)
    steps = [("approve_new_email", old), ("confirm_new_email", new)]

    for kind, token in steps if old_first else reversed(steps):
        assert address_of(world, person) == OLD
        user = world.auth.change_email(kind, token)  # type: ignore[arg-type]

    assert (user.email, user.email_confirmed, user.email_change) == (NEW, True, None)
    assert world.users.by_confirmed_email(NEW) == user
    assert world.users.by_confirmed_email(OLD) is None


def test_a_change_is_told_to_the_platform_the_log_and_the_old_address(world: World, person: User) -> None:
    new, old = asked(world, person)
    world.auth.change_email("approve_new_email", old)
    world.auth.change_email("confirm_new_email", new)

    event = world.outbox.waiting(10)[-1].data
    assert (event["type"], event["email"], event["email_confirmed"]) == ("user.changed", NEW, True)
    codec_for("users").encode(event)
    assert ordered(world, "email_changed").address == OLD
    kinds = [recorded.entry.kind for recorded in world.trail.of(person.id, 3)]
    assert kinds == ["email.changed", "email_change.agreed", "email_change.asked"]


def test_an_address_that_was_never_confirmed_is_not_asked(world: World) -> None:
    user = world.auth.sign_up("demo-001", OLD, PASSWORD)
    stale = world.deliver(ordered(world, "confirm_email"))
    world.auth.change_email.ask(user.id, NEW, PASSWORD)
    assert [order.kind for order in world.mail.orders.values()] == ["confirm_new_email"]

    world.auth.change_email("confirm_new_email", world.deliver(ordered(world, "confirm_new_email")))

    assert address_of(world, user) == NEW
    assert world.mail.orders == {}
    with pytest.raises(LinkUnusable):
        world.auth.confirm_email(stale)


def test_a_change_needs_the_password(world: World, person: User) -> None:
    with pytest.raises(WrongPassword):
        world.auth.change_email.ask(person.id, NEW, "wrong")

    assert world.mail.orders == {}


@pytest.mark.parametrize("address", ["nope", OLD.upper()])
def test_what_is_no_other_address_is_refused(world: World, person: User, address: str) -> None:
    with pytest.raises(InvalidRequest):
        world.auth.change_email.ask(person.id, address, PASSWORD)


def test_each_link_works_once_and_for_its_own_address(world: World, person: User) -> None:
    new, _ = asked(world, person)

    with pytest.raises(LinkUnusable):
        world.auth.change_email("approve_new_email", new)
    world.auth.change_email("confirm_new_email", new)
    with pytest.raises(LinkUnusable):
        world.auth.change_email("confirm_new_email", new)
    assert address_of(world, person) == OLD


def test_a_change_waits_for_a_day(world: World, person: User) -> None:
    new, old = asked(world, person)
    world.auth.change_email("confirm_new_email", new)

    world.clock.advance(timedelta(days=1).total_seconds())

    with pytest.raises(LinkUnusable):
        world.auth.change_email("approve_new_email", old)
    assert address_of(world, person) == OLD


def test_another_wish_or_none_ends_the_links_of_the_first(world: World, person: User) -> None:
    first_new, first_old = asked(world, person)
    world.auth.change_email.ask(person.id, "third@example.com", PASSWORD)
    for kind, token in (("confirm_new_email", first_new), ("approve_new_email", first_old)):
        with pytest.raises(LinkUnusable):
            world.auth.change_email(kind, token)  # type: ignore[arg-type]
    second = world.deliver(ordered(world, "confirm_new_email"))

    world.auth.change_email.withdraw(person.id)

    with pytest.raises(LinkUnusable):
        world.auth.change_email("confirm_new_email", second)
    assert world.mail.orders == {}


def test_an_address_that_another_confirms_meanwhile_is_refused(world: World, person: User) -> None:
    new, old = asked(world, person)
    world.auth.change_email("approve_new_email", old)
    world.confirm(world.auth.sign_up("demo-002", NEW, PASSWORD))

    with pytest.raises(EmailTaken):
        world.auth.change_email("confirm_new_email", new)

    assert address_of(world, person) == OLD


def test_a_changed_address_ends_the_links_that_went_to_the_old_one(world: World, person: User) -> None:
    world.auth.reset_password.ask(OLD)
    reset = world.deliver(ordered(world, "reset_password"))
    new, old = asked(world, person)

    world.auth.change_email("approve_new_email", old)
    world.auth.change_email("confirm_new_email", new)

    with pytest.raises(LinkUnusable):
        world.auth.reset_password(reset, "a staple for batteries")


def confirm_present(world: World, user: User) -> None:
    """Open the letter that came to the present address."""
    world.auth.confirm_email.ask(user.id)
    world.auth.confirm_email(world.deliver(ordered(world, "confirm_email")))


def test_confirming_the_present_address_ends_a_wish_that_nobody_there_was_asked_about(world: World) -> None:
    user = world.auth.sign_up("demo-001", OLD, PASSWORD)
    world.auth.change_email.ask(user.id, NEW, PASSWORD)
    token = world.deliver(ordered(world, "confirm_new_email"))

    confirm_present(world, user)

    with pytest.raises(LinkUnusable):
        world.auth.change_email("confirm_new_email", token)
    now = world.users.by_id(user.id)
    assert now is not None
    assert (now.email, now.email_confirmed, now.email_change, world.mail.orders) == (OLD, True, None, {})


def change_password(world: World, user: User) -> None:
    session = world.auth.log_in.by_form(user.username, PASSWORD).session
    world.auth.change_password(user.id, session.id, PASSWORD, "a staple for batteries")


def reset_password(world: World, user: User) -> None:
    world.auth.reset_password.ask(user.email)
    world.auth.reset_password(world.deliver(ordered(world, "reset_password")), "a staple for batteries")


@pytest.mark.parametrize("replaced", [change_password, reset_password])
def test_a_new_password_ends_a_wish_of_who_knew_the_old_one(
    world: World, person: User, replaced: Callable[[World, User], None]
) -> None:
    new, old = asked(world, person)
    world.auth.change_email("approve_new_email", old)

    replaced(world, person)

    with pytest.raises(LinkUnusable):
        world.auth.change_email("confirm_new_email", new)
    now = world.users.by_id(person.id)
    assert now is not None
    assert (now.email, now.email_change) == (OLD, None)
    assert [order.kind for order in world.mail.orders.values()] == ["password_changed"]


def confirmed(world: World, user: User) -> None:
    world.confirm(user)


def given_another_password(world: World, user: User) -> None:
    world.users.replace_password_hash(user.id, user.password_hash, "another")


@pytest.mark.parametrize("overtaking", [confirmed, given_another_password])
def test_a_wish_that_is_overtaken_while_the_password_is_looked_at_is_refused(
    world: World, overtaking: Callable[[World, User], None]
) -> None:
    user = world.auth.sign_up("demo-001", OLD, PASSWORD)

    def slow_proof(person: User, password: str) -> None:
        overtaking(world, person)

    with pytest.raises(UserChanged):
        replace(world.auth.change_email, proof=slow_proof).ask(user.id, NEW, PASSWORD)  # type: ignore[arg-type]

    now = world.users.by_id(user.id)
    assert now is not None
    assert now.email_change is None
    assert [order.kind for order in world.mail.orders.values()] == ["confirm_email"]


def test_a_person_sends_few_letters_to_strangers(world: World, person: User) -> None:
    for number in range(LETTERS_PER_WINDOW):
        world.auth.change_email.ask(person.id, f"stranger-{number}@example.org", PASSWORD)

    with pytest.raises(TooManyAttempts) as refused:
        world.auth.change_email.ask(person.id, "stranger-5@example.org", PASSWORD)

    assert refused.value.seconds == 2
    assert ordered(world, "confirm_new_email").address == "stranger-4@example.org"
    assert world.count_of("auth_attempts_refused_total", limit="letter") == 1


def test_a_stranger_gets_few_letters_from_however_many_persons(world: World, person: User) -> None:
    other = world.auth.sign_up("demo-002", "demo-002@example.com", PASSWORD)
    for user in (person, other, person, other, person):
        world.auth.change_email.ask(user.id, "stranger@example.org", PASSWORD)

    with pytest.raises(TooManyAttempts):
        world.auth.change_email.ask(other.id, "Stranger@example.org", PASSWORD)


def test_what_orders_no_letter_counts_as_none(world: World, person: User) -> None:
    for _ in range(LETTERS_PER_WINDOW):
        with pytest.raises(InvalidRequest):
            world.auth.change_email.ask(person.id, OLD, PASSWORD)

    world.auth.change_email.ask(person.id, NEW, PASSWORD)


def test_a_program_changes_the_address(client: FlaskClient, world: World, person: User) -> None:
    token = client.post("/v1/login", json={"username": "demo-001", "password": PASSWORD}).json["access_token"]
    wish = {"email": NEW, "password": PASSWORD}

    def ask(**body: object) -> tuple[int, str | None]:
        answer = client.post("/v1/me/email", json=body, headers=bearer(token))
        return answer.status_code, answer.json["code"] if answer.data else None

    def agree(address: str, secret: str) -> tuple[int, object]:
        answer = client.post("/v1/email_changes", json={"address": address, "token": secret})
        return answer.status_code, answer.json.get("code", answer.json.get("changed"))

    assert ask(email={"$gt": ""}, password=PASSWORD) == (400, "invalid_request")
    assert ask(**{**wish, "password": "wrong"}) == (403, "wrong_password")
    assert ask(**{**wish, "email": OLD}) == (400, "invalid_request")
    assert ask(**wish) == (202, None)
    assert client.delete("/v1/me/email", headers=bearer(token)).status_code == 204
    assert ask(**wish) == (202, None)
    new, old = (world.deliver(ordered(world, kind)) for kind in ("confirm_new_email", "approve_new_email"))
    assert agree("old", old) == (400, "invalid_request")
    assert agree("present", old) == (200, False)
    assert agree("present", old) == (400, "link_unusable")
    assert agree("new", new) == (200, True)
    assert client.get("/v1/me", headers=bearer(token)).json["email"] == NEW


def test_a_person_changes_the_address_on_pages(client: FlaskClient, world: World, person: User) -> None:
    log_in(client)
    path = "/change_email_form"
    assert send(client, path, email=NEW, password="wrong").status_code == 403
    assert send(client, path, email=OLD, password=PASSWORD).status_code == 400
    assert send(client, path, email=NEW, password=PASSWORD).status_code == 302
    assert f"It is to become {NEW}" in client.get("/protected_web").text

    for kind, said in (
        ("approve_new_email", "still to be opened"),
        ("confirm_new_email", "The e-mail address is changed"),
    ):
        opened = client.get(f"/{kind}?token={world.deliver(ordered(world, kind))}")
        assert (opened.status_code, opened.location) == (303, f"/{kind}")
        assert NEW in client.get(f"/{kind}", headers=BROWSER).text
        assert said in client.get(send(client, f"/{kind}").location).text
        assert client.get(f"/{kind}", headers=BROWSER).status_code == 410
    assert address_of(world, person) == NEW


def test_a_person_keeps_the_address_after_all(client: FlaskClient, world: World, person: User) -> None:
    log_in(client)
    send(client, "/change_email_form", email=NEW, password=PASSWORD)

    send(client, "/protected_web/email_change", on="/protected_web")

    assert "It is to become" not in client.get("/protected_web").text
    assert world.mail.orders == {}
