"""How often may be tried, and who pays for it."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from werkzeug.test import TestResponse

from auth_service.devices import COOKIE_NAME, LIFETIME, Devices
from auth_service.domain import InvalidCredentials
from auth_service.domain.attempts import LONGEST_DELAY_MS, account_budget, address_budget, sign_up_budget
from auth_service.use_cases import TooManyAttempts, Visitor
from auth_service.use_cases.service_tokens import InvalidClient
from service_kit.client_address import networks_of
from tests.unit.auth_service.memory import MemoryAttempts
from tests.unit.auth_service.test_pages import send
from tests.unit.auth_service.world import CLIENT_SECRETS, PASSWORD, World

HOME, ELSEWHERE = Visitor("198.51.100.7"), Visitor("203.0.113.9")
SHARED = Visitor("192.0.2.1")


@pytest.fixture
def person(world: World) -> World:
    """A world where demo-001 has signed up."""
    world.auth.sign_up("demo-001", "demo-001@example.com", PASSWORD)
    return world


def guess(world: World, visitor: Visitor = ELSEWHERE, username: str = "demo-001") -> int:
    """One wrong password; return the seconds to wait if it wasn't looked at, else 0."""
    try:
        world.auth.log_in.by_api(username, "wrong", visitor)
    except InvalidCredentials:
        return 0
    except TooManyAttempts as refused:
        return refused.seconds
    raise AssertionError("a wrong password opened a session")


def test_five_guesses_are_free_then_delays_double_up_to_a_quarter_of_an_hour(person: World) -> None:
    assert [guess(person) for _ in range(5)] == [0] * 5

    waits = []
    for _ in range(11):
        waits.append(guess(person))
        person.clock.advance(waits[-1])
        assert guess(person) == 0

    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]


@pytest.mark.parametrize("username", ["demo-001", "nobody", "DEMO-001 "])
def test_a_name_that_nobody_has_is_counted_like_one_that_somebody_has(person: World, username: str) -> None:
    assert [guess(person, username=username) for _ in range(7)] == [0, 0, 0, 0, 0, 2, 2]


def test_the_right_password_in_the_meantime_is_not_looked_at(person: World) -> None:
    for _ in range(5):
        guess(person)

    with pytest.raises(TooManyAttempts):
        person.auth.log_in.by_api("demo-001", PASSWORD, HOME)


def test_a_success_forgets_the_account_s_count(person: World) -> None:
    for _ in range(3):
        assert [guess(person) for _ in range(4)] == [0] * 4
        person.auth.log_in.by_api("demo-001", PASSWORD, ELSEWHERE)


def test_an_address_has_fifty_tries_for_whatever_accounts_and_a_success_does_not_help(person: World) -> None:
    for number in range(48):
        assert guess(person, username=f"somebody-{number}") == 0
    person.auth.log_in.by_api("demo-001", PASSWORD, ELSEWHERE)
    assert guess(person, username="somebody-else") == 0

    assert guess(person, username="yet-another") == 2
    assert guess(person, HOME, username="yet-another") == 0
    assert person.count_of("auth_attempts_refused_total", limit="address") == 1


def test_what_the_address_refuses_does_not_count_for_the_account(person: World) -> None:
    for number in range(50):
        guess(person, username=f"somebody-{number}")
    for _ in range(20):
        assert guess(person) > 0

    assert [guess(person, HOME) for _ in range(5)] == [0] * 5


def test_an_ipv6_client_is_its_whole_network(person: World) -> None:
    for number in range(50):
        guess(person, Visitor(f"2001:db8::{number:x}"), username=f"somebody-{number}")

    assert guess(person, Visitor("2001:db8::ffff"), username="somebody-else") == 2
    assert guess(person, Visitor("2001:db8:1::1"), username="somebody-else") == 0


def test_from_a_shared_network_only_accounts_are_counted(person: World) -> None:
    for number in range(60):
        assert guess(person, SHARED, username=f"somebody-{number}") == 0

    assert [guess(person, SHARED) for _ in range(6)] == [0, 0, 0, 0, 0, 2]


def test_an_address_that_a_proxy_could_not_read_is_in_no_shared_network(person: World) -> None:
    body, forged = {"username": "nobody", "password": "wrong"}, {"X-Forwarded-For": "<script>"}
    client = person.app(trusted_proxies=networks_of("192.0.2.1")).test_client()

    def status(number: int) -> int:
        given = {**body, "username": f"somebody-{number}"}
        environ = {"REMOTE_ADDR": "192.0.2.1"}
        return client.post("/v1/login", json=given, headers=forged, environ_overrides=environ).status_code

    assert [status(number) for number in range(51)] == [401] * 50 + [429]


def test_an_attacker_does_not_keep_the_owner_out_of_a_known_device(person: World) -> None:
    token = person.auth.log_in.by_api("demo-001", PASSWORD, HOME).device_token
    for _ in range(70):
        guess(person, replace(HOME, device_token="x" * 40))  # from the owner's own network, even

    known = replace(HOME, device_token=token)
    assert guess(person) > 0
    assert guess(person, known) == 0
    assert person.auth.log_in.by_api("demo-001", PASSWORD, known).access_token


def test_a_stolen_device_has_the_same_few_tries(person: World) -> None:
    token = person.auth.log_in.by_api("demo-001", PASSWORD, HOME).device_token

    assert [guess(person, replace(ELSEWHERE, device_token=token)) for _ in range(6)] == [0, 0, 0, 0, 0, 2]
    assert person.count_of("auth_attempts_refused_total", limit="device") == 1


def test_a_device_is_known_for_its_owner_only_and_stays_the_same_device(person: World) -> None:
    person.auth.sign_up("demo-002", "demo-002@example.com", PASSWORD)
    mine = person.auth.log_in.by_api("demo-001", PASSWORD, HOME).device_token
    owner, other = person.users.by_username("demo-001"), person.users.by_username("demo-002")
    assert owner is not None
    assert other is not None

    again = person.auth.log_in.by_api("demo-001", PASSWORD, replace(HOME, device_token=mine)).device_token

    assert person.devices.of(owner, again) == person.devices.of(owner, mine) is not None
    assert person.devices.of(other, mine) is None
    assert [guess(person, replace(HOME, device_token=mine), "demo-002") for _ in range(6)][-1] == 2


def test_a_device_token_of_another_key_is_worth_nothing(person: World) -> None:
    foreign, user = Devices(SecretStr("f" * 32)), person.users.by_username("demo-001")
    assert user is not None

    assert person.devices.of(user, foreign.token(user, "device-1")) is None
    assert person.devices.of(user, "") is None


def test_new_accounts_are_limited_by_address(world: World) -> None:
    for number in range(20):
        world.auth.sign_up(f"demo-{number:03}", "a@example.com", PASSWORD, visitor=ELSEWHERE)

    with pytest.raises(TooManyAttempts):
        world.auth.sign_up("demo-020", "a@example.com", PASSWORD, visitor=ELSEWHERE)
    assert world.users.by_username("demo-020") is None
    assert world.auth.sign_up("demo-020", "a@example.com", PASSWORD, origin="demo", visitor=ELSEWHERE)
    assert world.auth.sign_up("demo-021", "a@example.com", PASSWORD, visitor=HOME)


def test_a_service_s_secret_is_guessed_no_faster(world: World) -> None:
    def ask(secret: str, visitor: Visitor = ELSEWHERE) -> None:
        world.auth.issue_service_token("demo", secret, frozenset(), visitor)

    for _ in range(20):
        with pytest.raises(InvalidClient):
            ask("wrong")

    with pytest.raises(TooManyAttempts):
        ask(CLIENT_SECRETS["demo"])
    ask(CLIENT_SECRETS["demo"], HOME)
    assert world.count_of("auth_attempts_refused_total", limit="client") == 1


def test_invented_clients_take_no_place_from_real_ones(world: World) -> None:
    hashes, kept = world.count_of("auth_password_hash_duration_seconds_count"), dict(world.attempts.tallies)

    for number in range(30):
        with pytest.raises(InvalidClient):
            world.auth.issue_service_token(f"invented-{number}", "x" * 40, frozenset(), ELSEWHERE)

    assert world.count_of("auth_password_hash_duration_seconds_count") == hashes
    assert world.attempts.tallies == kept


@given(st.lists(st.integers(0, 1_000_000), min_size=1, max_size=60))
def test_the_moment_that_is_told_is_the_moment_at_which_it_is_let_through(pauses: list[int]) -> None:
    attempts, now = MemoryAttempts(), 1_700_000_000_000
    budgets = [account_budget("demo-001"), address_budget("203.0.113.9")]
    for pause in pauses:
        now += pause
        refused = attempts.take(budgets, now)
        if refused is not None:
            assert 0 < refused.wait_ms <= LONGEST_DELAY_MS
            assert attempts.take(budgets, now + refused.wait_ms - 1) is not None
            now += math.ceil(refused.wait_ms / 1000) * 1000
            assert attempts.take(budgets, now) is None


@given(st.lists(st.integers(0, 600_000), max_size=200))
def test_whatever_the_rhythm_nobody_gets_more_than_the_limit_in_a_window(pauses: list[int]) -> None:
    budget, attempts, now = sign_up_budget("203.0.113.9"), MemoryAttempts(), 0
    through: list[int] = []
    for pause in pauses:
        now += pause
        if attempts.take([budget], now) is None:
            through.append(now)

    # Free ones, and those whose delays fit in an hour: around the end of one window and the start of the next, twice.
    most = 2 * (budget.free + 13)
    assert all(sum(start <= at < start + budget.window_ms for at in through) <= most for start in through)


def test_a_count_is_forgotten_when_its_window_is_over(person: World) -> None:
    for _ in range(5):
        guess(person)
    person.clock.advance(24 * 3600)

    assert [guess(person) for _ in range(6)] == [0, 0, 0, 0, 0, 2]


@pytest.fixture
def client(person: World) -> FlaskClient:
    return person.app().test_client()


def log_in(client: FlaskClient, password: str, **more: str) -> TestResponse:
    return client.post("/v1/login", json={"username": "demo-001", "password": password, **more})


def test_the_api_says_429_with_the_wait(client: FlaskClient, person: World) -> None:
    for _ in range(5):
        assert log_in(client, "wrong").status_code == 401

    answer = log_in(client, PASSWORD)
    assert (answer.status_code, answer.json["code"], answer.headers["Retry-After"]) == (429, "too_many_attempts", "2")
    person.clock.advance(2)
    assert log_in(client, PASSWORD).status_code == 200


def test_the_api_s_device_token_is_worth_its_own_attempts(client: FlaskClient) -> None:
    token = log_in(client, PASSWORD).json["device_token"]
    for _ in range(7):
        log_in(client, "wrong")

    assert log_in(client, PASSWORD).status_code == 429
    assert log_in(client, PASSWORD, device_token=token).status_code == 200


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "\u00e9"])
def test_a_device_token_that_is_none_does_no_harm(client: FlaskClient, token: str) -> None:
    assert log_in(client, PASSWORD, device_token=token).status_code == 200


def test_a_service_s_429_is_a_problem_too(client: FlaskClient) -> None:
    answers = [
        client.post("/v1/token", data={"grant_type": "client_credentials"}, auth=("demo", "wrong")) for _ in range(21)
    ]

    assert [answer.status_code for answer in answers] == [401] * 20 + [429]
    assert answers[-1].json["code"] == "too_many_attempts"


def test_the_page_says_how_long_to_wait_and_keeps_the_name(client: FlaskClient) -> None:
    for _ in range(10):
        answer = send(client, "/login_form", username="demo-001", password="wrong")

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "2")
    assert "Too many attempts." in answer.text
    assert "Wait 2 seconds, then try again." in answer.text
    assert 'value="demo-001"' in answer.text


def test_a_long_wait_is_told_in_minutes_and_never_too_short(client: FlaskClient, person: World) -> None:
    for seconds in (0, 0, 0, 0, 0, 2, 4, 8, 16, 32, 64, 128):
        person.clock.advance(seconds)
        assert guess(person) == 0
    person.clock.advance(1)

    answer = send(client, "/login_form", username="demo-001", password="wrong")
    assert answer.headers["Retry-After"] == "255"
    assert "Wait 5 minutes" in answer.text


def test_the_sign_up_page_says_it_too(client: FlaskClient) -> None:
    for number in range(21):
        answer = send(
            client, "/signup_form", username=f"demo-1{number:02}", email="demo@example.com", password=PASSWORD
        )

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "2")
    assert "Wait 2 seconds" in answer.text


def test_a_browser_becomes_a_known_device_by_a_log_in(client: FlaskClient) -> None:
    answer = send(client, "/login_form", username="demo-001", password=PASSWORD)

    [cookie] = [value for value in answer.headers.getlist("Set-Cookie") if value.startswith(COOKIE_NAME)]
    for part in ("HttpOnly", "SameSite=Lax", f"Max-Age={int(LIFETIME.total_seconds())}", "Path=/"):
        assert part in cookie
    for _ in range(7):
        log_in(client, "wrong")
    client.post("/logout", headers={"Origin": "http://localhost:5000"})
    assert send(client, "/login_form", username="demo-001", password=PASSWORD).status_code == 302
