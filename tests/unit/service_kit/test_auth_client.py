from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from pydantic import SecretStr

from service_kit.auth_client import AuthClient
from service_kit.errors import AuthUnavailable
from service_kit.service_token import ServiceToken
from tests.manual_clock import ManualClock
from tests.waiting import eventually

ENTRY = {"session_id": "s", "user_id": "u", "username": "demo-001", "roles": ["user"], "expires_at": 5}


class Auth:
    """Answers as auth does; hands out token-1, token-2 ... and takes only the latest."""

    def __init__(self) -> None:
        self.tokens = 0
        self.answer: Callable[[httpx.Request], httpx.Response] = lambda request: httpx.Response(200, json={})

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/token":
            assert request.headers["Authorization"].startswith("Basic ")
            self.tokens += 1
            return httpx.Response(200, json={"access_token": f"token-{self.tokens}", "expires_in": 300})
        if request.url.path.startswith("/v1/") and request.headers["Authorization"] != f"Bearer token-{self.tokens}":
            return httpx.Response(401)
        return self.answer(request)


@pytest.fixture
def auth() -> Auth:
    return Auth()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def client(auth: Auth, clock: ManualClock) -> AuthClient:
    http = httpx.Client(transport=httpx.MockTransport(auth))
    token = ServiceToken(http, "http://auth/v1/token", "shop", SecretStr("secret"), clock=clock.monotonic)
    return AuthClient(http, "http://auth", token)


def test_one_token_serves_until_shortly_before_its_end(client: AuthClient, auth: Auth, clock: ManualClock) -> None:
    client.token_is_active("t")
    clock.advance(269)
    client.token_is_active("t")
    assert auth.tokens == 1

    clock.advance(2)
    client.token_is_active("t")
    assert auth.tokens == 2


def test_a_token_that_auth_no_longer_takes_is_replaced(client: AuthClient, auth: Auth) -> None:
    client.token_is_active("t")
    auth.tokens += 1  # auth forgot the first

    assert client.token_is_active("t") is False
    assert auth.tokens == 3


@pytest.mark.parametrize(
    ("told", "active"),
    [
        ({"active": True, "token_type": "Bearer"}, True),
        ({"active": True, "token_type": "refresh_token"}, False),
        ({"active": True}, False),
        ({"active": "yes", "token_type": "Bearer"}, False),
        ({"active": False}, False),
    ],
)
def test_only_an_active_access_token_is_active(
    client: AuthClient, auth: Auth, told: dict[str, object], active: bool
) -> None:
    auth.answer = lambda request: httpx.Response(200, json=told)

    assert client.token_is_active("t") is active


def test_an_active_session_is_read_and_an_ended_one_is_none(client: AuthClient, auth: Auth) -> None:
    auth.answer = lambda request: httpx.Response(200, json={"active": True, **ENTRY})
    session = client.session("cookie")
    assert session is not None
    assert session.username == "demo-001"

    auth.answer = lambda request: httpx.Response(200, json={"active": False})
    assert client.session("cookie") is None


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(500),
        httpx.Response(403),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={"active": True, "session_id": 5}),
    ],
)
def test_an_answer_that_is_none_is_never_taken_for_a_no(client: AuthClient, auth: Auth, answer: httpx.Response) -> None:
    auth.answer = lambda request: answer

    with pytest.raises(AuthUnavailable):
        client.session("cookie")


def test_an_auth_that_can_not_be_reached_is_said_to_be_away(client: AuthClient, auth: Auth) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    auth.answer = refuse

    for ask in (client.jwks, client.revoked_sessions):
        with pytest.raises(AuthUnavailable):
            ask()


def test_who_waited_while_another_asked_in_vain_does_not_ask_in_vain_too() -> None:
    asked: list[httpx.Request] = []
    looks: list[float] = []
    go = threading.Event()

    def away(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        go.wait(10)
        raise httpx.ConnectError("away")

    def clock() -> float:
        looks.append(time.monotonic())
        return looks[-1]

    http = httpx.Client(transport=httpx.MockTransport(away))
    token = ServiceToken(http, "http://auth/v1/token", "shop", SecretStr("secret"), clock=clock)
    with ThreadPoolExecutor(6) as pool:
        first = pool.submit(token.get)
        eventually(lambda: asked, what="the first asks")
        before = len(looks)
        waiting = [pool.submit(token.get) for _ in range(5)]
        eventually(lambda: len(looks) == before + 5, what="the others wait")
        go.set()
        errors = [future.exception() for future in (first, *waiting)]
    assert {type(error) for error in errors} == {AuthUnavailable}
    assert len(asked) == 1
