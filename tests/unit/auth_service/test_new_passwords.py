from __future__ import annotations

import re
from dataclasses import replace

import pyotp
import pytest
from flask.testing import FlaskClient

from auth_service.devices import COOKIE_NAME as DEVICE
from auth_service.domain import BROWSER_SESSION, LETTERS_PER_WINDOW, NOBODY, InvalidCredentials, MailOrder, User
from auth_service.domain.second_factor import SecondFactorRequired
from auth_service.use_cases import GrantRole
from auth_service.use_cases.confirm_email import LinkUnusable
from auth_service.use_cases.guard import NOWHERE, TooManyAttempts, Visitor
from auth_service.use_cases.proof import WrongPassword
from auth_service.use_cases.refresh import Attempt, InvalidGrant
from contracts.codec import codec_for
from contracts.session import COOKIE_NAME, session_hash
from service_kit.errors import InvalidRequest
from tests.unit.auth_service.test_api import bearer
from tests.unit.auth_service.test_pages import BROWSER, log_in, send
from tests.unit.auth_service.world import PASSWORD, World

ADDRESS = "demo-001@example.com"
NEW = "a staple for batteries"


@pytest.fixture
def client(world: World) -> FlaskClient:
    return world.app().test_client()


@pytest.fixture
def person(world: World) -> User:
    """demo-001, whose address is confirmed; nothing is ordered."""
    user = world.auth.sign_up("demo-001", ADDRESS, PASSWORD)
    world.confirm(user)
    world.mail.orders.clear()
    return user


def orders(world: World) -> list[MailOrder]:
    return list(world.mail.orders.values())


def letter(world: World, address: str = ADDRESS) -> str:
    """Ask for a reset; the token of the link in the letter."""
    world.auth.reset_password.ask(address)
    return world.deliver(orders(world)[-1])


def can_log_in(world: World, password: str) -> bool:
    try:
        world.auth.log_in.by_api("demo-001", password)
    except InvalidCredentials:
        return False
    return True


def test_a_change_needs_the_old_password(world: World, person: User) -> None:
    session = world.auth.log_in.by_form("demo-001", PASSWORD).session

    with pytest.raises(WrongPassword):
        world.auth.change_password(person.id, session.id, "wrong", NEW)

    assert (can_log_in(world, PASSWORD), orders(world)) == (True, [])


def test_a_change_ends_all_other_sessions_and_their_refresh_tokens(world: World, person: User) -> None:
    kept, other = (world.auth.log_in.by_form("demo-001", PASSWORD) for _ in range(2))
    grant = world.auth.log_in.by_api("demo-001", PASSWORD)

    world.auth.change_password(person.id, kept.session.id, PASSWORD, NEW)

    assert world.auth.introspect.session(kept.cookie) is not None
    assert world.auth.introspect.session(other.cookie) is None
    with pytest.raises(InvalidGrant):
        world.auth.refresh(Attempt(grant.refresh_token, "192.0.2.1"))
    assert other.session.id in world.cache.announced[-1]
    assert (can_log_in(world, NEW), can_log_in(world, PASSWORD)) == (True, False)


def test_a_log_in_that_a_change_overtakes_opens_nothing(world: World, person: User) -> None:
    class Overtaken:
        """Checks the old password, and meanwhile it is changed."""

        def verify(self, password: str, password_hash: str | None) -> bool:
            right = world.passwords.verify(password, password_hash)
            world.users.put(replace(person, password_hash=world.passwords.hash(NEW), email_confirmed=True))
            return right

        def __getattr__(self, name: str) -> object:
            return getattr(world.passwords, name)

    with pytest.raises(InvalidCredentials):
        replace(world.auth.log_in, passwords=Overtaken()).by_form("demo-001", PASSWORD)

    assert world.sessions.open_of(person.id, world.clock.now()) == []


def test_a_change_is_told_to_the_platform_the_log_and_the_person(world: World, person: User) -> None:
    session = world.auth.log_in.by_form("demo-001", PASSWORD).session

    world.auth.change_password(person.id, session.id, PASSWORD, NEW)

    event = world.outbox.waiting(10)[-1].data
    assert event["type"] == "user.password_changed"
    codec_for("users").encode(event)
    assert world.trail.of(person.id, 1)[0].entry.details == {"how": "changed"}
    [order] = orders(world)
    assert (order.kind, order.address) == ("password_changed", ADDRESS)
    assert world.count_of("auth_password_changes_total", how="changed") == 1
    assert NEW not in repr([world.outbox.events, world.mail.orders, world.trail.chains])


def test_no_letter_goes_to_an_address_that_is_nobodys_yet(world: World) -> None:
    user = world.auth.sign_up("demo-001", ADDRESS, PASSWORD)
    session = world.auth.log_in.by_form("demo-001", PASSWORD).session

    world.auth.change_password(user.id, session.id, PASSWORD, NEW)

    assert [order.kind for order in orders(world)] == ["confirm_email"]


@pytest.mark.parametrize("bad", ["short", "x" * 129, "password123", "demo-001demo-001"])
def test_a_new_password_is_judged_as_at_sign_up(world: World, person: User, bad: str) -> None:
    session, token = world.auth.log_in.by_form("demo-001", PASSWORD).session, letter(world)

    with pytest.raises(InvalidRequest):
        world.auth.change_password(person.id, session.id, PASSWORD, bad)
    with pytest.raises(InvalidRequest):
        world.auth.reset_password(token, bad)

    assert can_log_in(world, PASSWORD)
    world.auth.reset_password(token, NEW)  # the refusal left the link good


def test_a_change_ends_the_links_to_reset_the_password(world: World, person: User) -> None:
    token, session = letter(world), world.auth.log_in.by_form("demo-001", PASSWORD).session
    world.auth.reset_password.ask(ADDRESS.upper())

    world.auth.change_password(person.id, session.id, PASSWORD, NEW)

    with pytest.raises(LinkUnusable):
        world.auth.reset_password(token, "another staple")
    assert [order.kind for order in orders(world)] == ["password_changed"]


def test_asking_for_a_reset_leaves_the_same_behind_for_known_and_unknown_addresses(world: World, person: User) -> None:
    world.auth.reset_password.ask(ADDRESS)
    world.auth.reset_password.ask("nobody@example.com")

    assert [(order.kind, order.user_id) for order in orders(world)] == [("reset_password", None)] * 2


def test_asking_again_and_again_is_slowed_down_whether_the_address_is_known_or_not(world: World, person: User) -> None:
    for address in (ADDRESS, "nobody@example.com"):
        for _ in range(LETTERS_PER_WINDOW):
            world.auth.reset_password.ask(address)
        with pytest.raises(TooManyAttempts) as refused:
            world.auth.reset_password.ask(address.upper())
        assert refused.value.seconds == 2

    assert len(orders(world)) == 2 * LETTERS_PER_WINDOW


def test_a_reset_sets_the_password_and_ends_every_session(world: World, person: User) -> None:
    old = world.auth.log_in.by_form("demo-001", PASSWORD)
    token = letter(world)

    world.auth.reset_password(token, NEW)

    assert world.outbox.waiting(10)[-1].data["type"] == "user.password_changed"
    assert world.auth.introspect.session(old.cookie) is None
    assert (can_log_in(world, NEW), can_log_in(world, PASSWORD)) == (True, False)
    assert "password_changed" in [order.kind for order in orders(world)]
    assert world.count_of("auth_password_changes_total", how="reset") == 1


def guess(world: World) -> None:
    """Keep the account's next log-in delayed, as somebody does who knows its name."""
    assert [can_log_in(world, "wrong") for _ in range(5)] == [False] * 5
    with pytest.raises(TooManyAttempts):
        can_log_in(world, "wrong")


def test_who_has_reset_the_password_logs_in_while_others_guess(world: World, person: User) -> None:
    guess(world)
    token = letter(world)

    note = world.auth.reset_password(token, NEW)

    assert can_log_in(world, NEW)  # the delay is over
    guess(world)
    assert world.auth.log_in.by_api("demo-001", NEW, Visitor(device_token=note)).access_token


def test_a_reset_ends_the_notes_of_devices_from_before(world: World, person: User) -> None:
    before = world.auth.log_in.by_api("demo-001", PASSWORD).device_token
    world.auth.reset_password(letter(world), NEW)
    guess(world)

    with pytest.raises(TooManyAttempts):
        world.auth.log_in.by_api("demo-001", NEW, Visitor(device_token=before))


@pytest.mark.parametrize("door", ["api", "browser"])
def test_a_change_ends_the_notes_of_devices_from_before_and_leaves_one(
    client: FlaskClient, world: World, person: User, door: str
) -> None:
    before = world.auth.log_in.by_api("demo-001", PASSWORD)
    if door == "api":
        body = {"old_password": PASSWORD, "password": NEW}
        changed = client.post("/v1/me/password", json=body, headers=bearer(before.access_token))
        note = changed.json["device_token"]
    else:
        log_in(client)
        send(client, "/change_password_form", old_password=PASSWORD, password=NEW)
        kept = client.get_cookie(DEVICE)
        assert kept is not None
        note = kept.value
    guess(world)

    with pytest.raises(TooManyAttempts):
        world.auth.log_in.by_api("demo-001", NEW, Visitor(device_token=before.device_token))
    assert world.auth.log_in.by_api("demo-001", NEW, Visitor(device_token=note)).access_token


def test_an_account_that_only_names_the_address_takes_no_letter_back(world: World, person: User) -> None:
    other = world.auth.sign_up("demo-002", ADDRESS, PASSWORD)
    world.mail.orders.clear()
    world.auth.reset_password.ask(ADDRESS)
    session = world.auth.log_in.by_form("demo-002", PASSWORD).session

    world.auth.change_password(other.id, session.id, PASSWORD, NEW)
    world.auth.change_email.ask(other.id, "another@example.com", NEW)

    assert [order.kind for order in orders(world)] == ["reset_password", "confirm_new_email"]
    world.auth.reset_password(world.deliver(orders(world)[0]), NEW)
    assert can_log_in(world, NEW)


def test_who_only_reads_the_mail_gets_no_further_codes_to_guess(world: World, person: User) -> None:
    begun = world.auth.second_factor.begin(person, PASSWORD)
    code = pyotp.TOTP(world.auth.authenticator.shown(begun.sealed_secret)).at(world.clock.now())
    session = world.auth.log_in.by_form("demo-001", PASSWORD).session
    world.auth.second_factor.confirm(person, code, NOWHERE, session.id)
    token = letter(world)

    assert world.auth.reset_password(token, NEW) == ""

    with pytest.raises(SecondFactorRequired):
        world.auth.log_in.by_api("demo-001", NEW)


def test_a_browser_in_which_the_password_was_reset_is_known(client: FlaskClient, world: World, person: User) -> None:
    client.get(f"/new_password_form?token={letter(world)}", headers=BROWSER)
    send(client, "/new_password_form", password=NEW)
    guess(world)

    assert log_in(client, password=NEW).status_code == 302


def test_a_link_resets_once_and_ends_the_others(world: World, person: User) -> None:
    first, second = letter(world), letter(world)
    world.auth.reset_password(second, NEW)

    for token in (first, second):
        with pytest.raises(LinkUnusable):
            world.auth.reset_password(token, "another staple")
    assert can_log_in(world, NEW)


def test_a_link_resets_for_half_an_hour(world: World, person: User) -> None:
    token = letter(world)

    world.clock.advance(30 * 60 - 1)
    world.auth.reset_password.look(token)
    world.clock.advance(1)

    with pytest.raises(LinkUnusable):
        world.auth.reset_password(token, NEW)


def test_a_link_of_another_kind_resets_nothing(world: World) -> None:
    world.auth.sign_up("demo-002", "demo-002@example.com", PASSWORD)

    with pytest.raises(LinkUnusable):
        world.auth.reset_password(world.deliver(orders(world)[0]), NEW)


def test_a_program_changes_the_password(client: FlaskClient, world: World, person: User) -> None:
    token = client.post("/v1/login", json={"username": "demo-001", "password": PASSWORD}).json["access_token"]

    def change(old: str, new: str) -> tuple[int, str | None]:
        body = {"old_password": old, "password": new}
        answer = client.post("/v1/me/password", json=body, headers=bearer(token))
        return answer.status_code, (answer.json or {}).get("code") if answer.data else None

    assert change("wrong", NEW) == (403, "wrong_password")
    assert change(PASSWORD, "short") == (400, "invalid_request")
    assert change(PASSWORD, NEW) == (200, None)
    assert client.get("/v1/me", headers=bearer(token)).status_code == 200
    assert client.post("/v1/me/password", json={}).json["code"] == "token_missing"


def test_a_program_resets_the_password(client: FlaskClient, world: World, person: User) -> None:
    known = client.post("/v1/password_resets", json={"email": ADDRESS})
    unknown = client.post("/v1/password_resets", json={"email": "nobody@example.com"})
    assert (known.status_code, known.data) == (unknown.status_code, unknown.data) == (202, b"")
    token = world.deliver(orders(world)[0])

    def complete(**body: object) -> tuple[int, str | None]:
        answer = client.post("/v1/password_resets/complete", json=body)
        return answer.status_code, answer.json.get("code")

    assert complete(token=token, password="short") == (400, "invalid_request")
    assert complete(token={"$gt": ""}, password=NEW) == (400, "invalid_request")
    assert complete(token=token, password=NEW) == (200, None)
    assert complete(token=token, password=NEW) == (400, "link_unusable")


@pytest.mark.parametrize("email", ["nobody", {"$gt": ""}, None, "x" * 300])
def test_what_is_no_address_is_refused(client: FlaskClient, world: World, email: object) -> None:
    answer = client.post("/v1/password_resets", json={"email": email})

    assert (answer.status_code, answer.json["code"], orders(world)) == (400, "invalid_request", [])


def test_a_person_changes_the_password_on_a_page(client: FlaskClient, person: User) -> None:
    log_in(client)
    path = "/change_password_form"

    wrong = send(client, path, old_password="wrong", password=NEW)
    common = send(client, path, old_password=PASSWORD, password="password123")
    done = send(client, path, old_password=PASSWORD, password=NEW)

    assert (wrong.status_code, common.status_code, done.status_code) == (403, 400, 302)
    assert "not your present password" in wrong.text
    assert "commonest passwords" in common.text
    assert "Your password is changed" in client.get(done.location).text


def test_the_browser_goes_on_by_another_cookie_and_the_old_one_opens_nothing(
    client: FlaskClient, world: World, person: User
) -> None:
    log_in(client)
    old = client.get_cookie(COOKIE_NAME)
    [before] = world.sessions.open_of(person.id, world.clock.now())

    done = send(client, "/change_password_form", old_password=PASSWORD, password=NEW)

    new = client.get_cookie(COOKIE_NAME)
    for part in ("HttpOnly", "SameSite=Lax", f"Max-Age={int(BROWSER_SESSION.total_seconds())}", "Path=/"):
        assert part in next(value for value in done.headers.getlist("Set-Cookie") if value.startswith(COOKIE_NAME))
    assert world.auth.introspect.session(old.value) is None
    assert session_hash(old.value) not in world.cache.entries
    after = world.auth.introspect.session(new.value)
    assert after == replace(before, id=after.id, cookie_hash=session_hash(new.value))
    assert client.get("/protected_web", headers=BROWSER).status_code == 200


def test_what_redis_keeps_of_the_old_cookie_says_an_id_that_has_ended(
    client: FlaskClient, world: World, person: User
) -> None:
    log_in(client)
    [before] = world.sessions.open_of(person.id, world.clock.now())
    [kept] = world.cache.entries.values()

    send(client, "/change_password_form", old_password=PASSWORD, password=NEW)

    [after] = world.sessions.open_of(person.id, world.clock.now())
    ended = world.sessions.by_id(kept.session_id)
    assert ended is not None
    assert (ended.id, ended.ended_at) == (before.id, world.clock.now())
    assert before.id in world.cache.announced[-1]
    assert after.id not in world.cache.announced[-1]


def test_a_stranger_is_sent_to_the_log_in(client: FlaskClient) -> None:
    answer = client.get("/change_password_form", headers=BROWSER)

    assert (answer.status_code, "/login_form" in answer.location) == (302, True)


def test_a_person_resets_the_password_on_pages(client: FlaskClient, world: World, person: User) -> None:
    asked = send(client, "/reset_form", email=ADDRESS).text
    token = world.deliver(orders(world)[0])
    opened = client.get(f"/new_password_form?token={token}", headers=BROWSER)
    assert (opened.status_code, opened.location) == (303, "/new_password_form")
    page = client.get("/new_password_form", headers=BROWSER).text

    assert "letter with a link is on its way" in asked
    assert "@demo-001" in page
    assert token not in page
    assert send(client, "/new_password_form", password="short").status_code == 400
    done = send(client, "/new_password_form", password=NEW)
    assert (done.status_code, "/login_form" in done.location) == (302, True)
    assert can_log_in(world, NEW)
    client.get(f"/new_password_form?token={token}")
    assert client.get("/new_password_form", headers=BROWSER).status_code == 410


def test_the_page_says_the_same_whether_the_address_is_known(client: FlaskClient, person: User) -> None:
    known = send(client, "/reset_form", email=ADDRESS)
    unknown = send(client, "/reset_form", email="nobody@example.com")

    def plain(text: str) -> str:
        return re.sub(r'nonce="[^"]*"|csrf[^>]*>', "", text)

    assert (known.status_code, plain(known.text)) == (unknown.status_code, plain(unknown.text))
    assert send(client, "/reset_form", email="nope").status_code == 400


def test_a_found_session_is_no_place_to_guess_the_password(client: FlaskClient, world: World, person: User) -> None:
    session = world.auth.log_in.by_form("demo-001", PASSWORD).session
    for _ in range(5):
        with pytest.raises(WrongPassword):
            world.auth.change_password(person.id, session.id, "wrong", NEW)

    with pytest.raises(TooManyAttempts) as refused:
        world.auth.change_password(person.id, session.id, PASSWORD, NEW)
    world.clock.advance(refused.value.seconds)
    world.auth.change_password(person.id, session.id, PASSWORD, NEW)

    assert world.count_of("auth_attempts_refused_total", limit="proof") == 1
    guesses = [each.entry for each in world.trail.of(person.id, 10) if each.entry.kind == "password.refused"]
    assert [entry.by for entry in guesses] == [NOBODY] * 5


def test_the_pages_say_how_long_to_wait(client: FlaskClient, person: User) -> None:
    for _ in range(21):
        asked = send(client, "/reset_form", email=ADDRESS)
    log_in(client)
    for _ in range(6):
        guessed = send(client, "/change_password_form", old_password="wrong", password=NEW)

    elsewhere = send(client, "/change_email_form", email="new@example.com", password=PASSWORD)

    for page in (asked, guessed, elsewhere):
        assert (page.status_code, page.headers["Retry-After"]) == (429, "2")
        assert "Wait 2 seconds" in page.text


def test_what_happened_while_the_new_password_was_hashed_is_in_what_is_told(world: World, person: User) -> None:
    session = world.auth.log_in.by_form("demo-001", PASSWORD).session

    class Slow:
        def __init__(self) -> None:
            self.verify, self.a_try = world.passwords.verify, world.passwords.a_try

        def hash(self, password: str) -> str:
            GrantRole(world.users, world.clock, lambda: "00000000-0000-7000-8000-999999999999", world.trails)(
                "demo-001", "analyst"
            )
            return world.passwords.hash(password)

    change = replace(world.auth.change_password, passwords=Slow())  # type: ignore[arg-type]
    change(person.id, session.id, PASSWORD, NEW)

    [event] = [each for each in world.outbox.events.values() if each.data["type"] == "user.password_changed"]
    assert event.data["roles"] == ["user", "analyst"]


def test_one_place_may_ask_for_so_many_letters(client: FlaskClient, world: World) -> None:
    def ask(number: int) -> int:
        body, place = {"email": f"somebody-{number}@example.com"}, {"REMOTE_ADDR": "203.0.113.9"}
        return client.post("/v1/password_resets", json=body, environ_overrides=place).status_code

    answers = [ask(number) for number in range(22)]

    assert (answers.count(202), answers[-1]) == (20, 429)
    assert len(orders(world)) == 20
