"""One's own data: all of it as a document, and the end of the account."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Thread
from wsgiref.simple_server import WSGIRequestHandler, make_server

import httpx
import pytest
from flask import Flask, request
from flask.testing import FlaskClient

from auth_service.domain import AccountClosed, Head, InvalidCredentials, LastAdmin, UsernameTaken, Whence, first_break
from auth_service.payment_accounts import PaymentsUnavailable, TransactionService
from contracts.codec import codec_for
from service_kit.errors import TokenRevoked
from service_kit.tokens import decode
from tests.unit.auth_service.test_pages import BROWSER, log_in, send
from tests.unit.auth_service.world import HOME, PASSWORD, World


@pytest.fixture
def client(world: World) -> FlaskClient:
    world.auth.sign_up("demo-001", "demo-001@example.com", PASSWORD)
    return world.app().test_client()


@pytest.fixture
def person(world: World, client: FlaskClient) -> dict[str, str]:
    return {"Authorization": f"Bearer {world.auth.log_in.by_api('demo-001', PASSWORD).access_token}"}


def close(client: FlaskClient, person: dict[str, str], password: str = PASSWORD) -> tuple[int, str | None]:
    answer = client.post("/v1/me/close", json={"password": password}, headers=person)
    return answer.status_code, answer.json["code"] if answer.json else None


def test_the_export_is_profile_sessions_and_everything_that_was_done(
    world: World, client: FlaskClient, person: dict[str, str]
) -> None:
    data = client.get("/v1/me/export", headers=person).json

    assert data["profile"]["email"] == "demo-001@example.com"
    assert [session["device"] for session in data["sessions"]] == [HOME.device]
    assert [act["kind"] for act in data["activity"]] == ["data.exported", "session.started", "user.registered"]
    assert data["activity"][0]["address"] == HOME.address
    assert "argon2" not in str(data)


def test_an_export_has_every_act_however_many(world: World, client: FlaskClient, person: dict[str, str]) -> None:
    user = world.users.by_username("demo-001")
    assert user is not None
    for _ in range(600):
        world.trail.append(world.trails.act(user.id, "session.ended", user.created_at))

    assert len(client.get("/v1/me/export", headers=person).json["activity"]) == 603


def test_all_of_ones_data_is_given_five_times_an_hour(
    world: World, client: FlaskClient, person: dict[str, str]
) -> None:
    answers = [client.get("/v1/me/export", headers=person) for _ in range(6)]

    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert (answers[-1].json["code"], answers[-1].headers["Retry-After"]) == ("too_many_attempts", "2")
    assert world.count_of("auth_attempts_refused_total", limit="export") == 1
    log_in(client)
    assert send(client, "/protected_web/export", on="/protected_web").status_code == 429


def test_a_closed_account_is_forgotten_and_its_chain_stays_whole(
    world: World, client: FlaskClient, person: dict[str, str]
) -> None:
    assert close(client, person) == (204, None)

    left = world.users.by_username("demo-001")
    assert left is not None
    assert world.count_of("auth_account_changes_total", change="closed") == 1
    assert (left.email, left.roles, left.password_hash, left.state) == ("", (), "", "closed")
    assert {key: whence for key, whence in world.trail.whences.items() if key[0] == left.id} == {(left.id, 3): Whence()}
    chain = world.trail.chains[left.id]
    assert [entry.kind for entry in chain] == ["user.registered", "session.started", "user.closed"]
    assert first_break(left.id, [vars(entry) for entry in chain], Head(3, chain[-1].hash)) is None
    assert [event.data["type"] for event in world.outbox.waiting(10)][-1] == "user.closed"


def test_the_platform_hears_of_it_without_the_address(
    world: World, client: FlaskClient, person: dict[str, str]
) -> None:
    close(client, person)

    told = world.outbox.waiting(10)[-1].data
    assert "email" not in told
    codec_for("users").encode(told)


def test_who_has_closed_their_account_is_out_everywhere_and_unknown(
    world: World, client: FlaskClient, person: dict[str, str]
) -> None:
    browser = world.auth.log_in.by_form("demo-001", PASSWORD)

    close(client, person)

    assert world.auth.introspect.session(browser.cookie) is None
    with pytest.raises(TokenRevoked):
        world.auth.introspect.token(person["Authorization"].removeprefix("Bearer "))
    for password in (PASSWORD, ""):
        with pytest.raises(InvalidCredentials):
            world.auth.log_in.by_api("demo-001", password)


def test_the_user_name_is_never_given_out_again(world: World, client: FlaskClient, person: dict[str, str]) -> None:
    close(client, person)

    with pytest.raises(UsernameTaken):
        world.auth.sign_up("demo-001", "somebody-else@example.com", PASSWORD)


def test_an_administrator_can_not_bring_it_back(world: World, client: FlaskClient, person: dict[str, str]) -> None:
    close(client, person)
    left = world.users.by_username("demo-001")
    assert left is not None

    with pytest.raises(AccountClosed):
        world.auth.administer.give_role("an-administrator", left.id, "admin")


def test_an_open_browser_is_not_its_owner(world: World, client: FlaskClient, person: dict[str, str]) -> None:
    assert close(client, person, "wrong password") == (403, "wrong_password")
    assert client.get("/v1/me", headers=person).status_code == 200


def test_guessing_the_password_is_limited_as_at_the_log_in(client: FlaskClient, person: dict[str, str]) -> None:
    answers = [close(client, person, "wrong password")[0] for _ in range(8)]

    assert answers[-1] == 429


def test_nobody_leaves_money_behind(world: World, client: FlaskClient, person: dict[str, str]) -> None:
    world.payments.left = 1

    assert close(client, person) == (409, "money_left")
    world.payments.away = True
    assert close(client, person) == (503, "payments_unavailable")
    assert client.get("/v1/me", headers=person).status_code == 200


def test_the_last_administrator_stays(world: World) -> None:
    boss = world.auth.sign_up.register("boss", "boss@example.com", PASSWORD, ("user", "admin"))

    with pytest.raises(LastAdmin):
        world.auth.close_account(boss, "session", PASSWORD)


def test_on_the_profile_one_downloads_ones_data_and_closes_the_account(world: World, client: FlaskClient) -> None:
    send(client, "/login_form", username="demo-001", password=PASSWORD)

    file = send(client, "/protected_web/export", on="/protected_web")
    refused = send(client, "/protected_web/close", password="wrong password")
    done = send(client, "/protected_web/close", password=PASSWORD)

    assert file.headers["Content-Disposition"] == 'attachment; filename="fintech-app-demo-001.json"'
    assert file.json["profile"]["username"] == "demo-001"
    assert (refused.status_code, done.status_code) == (403, 302)
    assert "The password is wrong." in refused.text
    assert "Your account is closed" in client.get("/", headers=BROWSER).text
    assert "/login_form" in client.get("/protected_web", headers=BROWSER).location


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Not in the tests' output."""


@pytest.fixture
def payments() -> Iterator[tuple[str, Flask]]:
    """A real HTTP server that says of accounts what `config["accounts"]` has, and remembers the token."""
    app = Flask("payments")

    @app.get("/v1/accounts")
    def accounts() -> object:
        app.config["token"] = request.headers["Authorization"].removeprefix("Bearer ")
        return {"accounts": app.config["accounts"]}

    server = make_server("127.0.0.1", 0, app, handler_class=Quiet)
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", app
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("balance", "left"),
    [((0, 0, 0), False), ((1, 0, 0), True), ((0, 5, 0), True), ((0, 0, 5), True)],
    ids=["empty", "money", "on its way to it", "held"],
)
def test_the_payments_service_is_asked_in_the_persons_name(
    world: World, payments: tuple[str, Flask], balance: tuple[int, int, int], left: bool
) -> None:
    url, app = payments
    app.config["accounts"] = [dict(zip(("posted", "pending_in", "pending_out"), balance, strict=True))]
    user = world.auth.sign_up("demo-001", "demo-001@example.com", PASSWORD)

    with httpx.Client(trust_env=False) as http:
        asked = TransactionService(http, url, world.keys, world.clock, lambda: "t").hold_money(user, "the-session")

    token = decode(app.config["token"], world.keys)
    assert asked is left
    assert (token.user_id, token.scopes, token.session_id) == (user.id, {"accounts:read"}, "the-session")
    assert token.expires_at - token.issued_at == 30


@pytest.mark.parametrize("accounts", [None, [{}], "x"])
def test_an_answer_that_is_not_understood_is_no_empty_account(
    world: World, payments: tuple[str, Flask], accounts: object
) -> None:
    url, app = payments
    app.config["accounts"] = accounts
    user = world.auth.sign_up("demo-001", "demo-001@example.com", PASSWORD)

    for where in (url, f"{url}/nowhere", "http://127.0.0.1:1"):
        with httpx.Client(trust_env=False) as http, pytest.raises(PaymentsUnavailable):
            TransactionService(http, where, world.keys, world.clock, lambda: "t").hold_money(user, "s")
