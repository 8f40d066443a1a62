from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from contracts.access_token import PEOPLE_CLIENT
from tests.unit.auth_service.world import PASSWORD, World


@pytest.fixture
def client(world: World) -> FlaskClient:
    world.auth.sign_up("demo-001", "demo-001@example.com", PASSWORD)
    return world.app().test_client()


@pytest.fixture
def tokens(client: FlaskClient) -> dict[str, Any]:
    """What /v1/login gave demo-001."""
    answer: dict[str, Any] = client.post("/v1/login", json={"username": "demo-001", "password": PASSWORD}).json
    return answer


def refresh(client: FlaskClient, token: str, headers: dict[str, str] | None = None, **more: str):  # type: ignore[no-untyped-def]
    form = {"grant_type": "refresh_token", "refresh_token": token, **more}
    return client.post("/v1/token", data=form, headers=headers or {})


def test_a_log_in_gives_a_refresh_token_that_gets_the_next_access_token(
    client: FlaskClient, tokens: dict[str, Any]
) -> None:
    answer = refresh(client, tokens["refresh_token"], client_id=PEOPLE_CLIENT)

    assert answer.status_code == 200
    assert answer.json.keys() == tokens.keys() - {"device_token"}
    assert (answer.json["token_type"], answer.json["expires_in"], answer.json["refresh_expires_in"]) == (
        "Bearer",
        300,
        7200,
    )
    assert answer.headers["Cache-Control"] == "no-store"
    headers = {"Authorization": f"Bearer {answer.json['access_token']}"}
    assert client.get("/v1/me", headers=headers).json["username"] == "demo-001"


def test_a_refresh_token_is_no_access_token(client: FlaskClient, tokens: dict[str, Any]) -> None:
    answer = client.get("/v1/me", headers={"Authorization": f"Bearer {tokens['refresh_token']}"})

    assert (answer.status_code, answer.json["code"]) == (401, "token_invalid")


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"refresh_token": "x" * 43}, 400, "invalid_grant"),
        ({"refresh_token": ""}, 400, "invalid_grant"),
        ({"client_id": "somebody-else"}, 401, "invalid_client"),
        ({"scope": "tokens:introspect"}, 400, "invalid_scope"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": ""}, 400, "unsupported_grant_type"),
        ({"username": "demo-001"}, 400, "invalid_request"),
    ],
)
def test_a_bad_refresh_is_named_as_oauth_names_it_and_uses_nothing_up(
    client: FlaskClient, tokens: dict[str, Any], change: dict[str, str], status: int, code: str
) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"], **change}
    answer = client.post("/v1/token", data=form)

    assert (answer.status_code, answer.json["code"], answer.json["error"]) == (status, code, code)
    assert refresh(client, tokens["refresh_token"]).status_code == 200


@pytest.mark.parametrize("credentials", ["\u00ff", "!!!", "", "ZGVtbw=="])
def test_basic_credentials_that_cannot_be_read_are_those_of_no_client(client: FlaskClient, credentials: str) -> None:
    headers = {"Authorization": f"Basic {credentials}"}

    for path, form in (("/v1/token", {"grant_type": "client_credentials"}), ("/v1/revoke", {"token": "x"})):
        answer = client.post(path, data=form, headers=headers)
        assert (answer.status_code, answer.json["code"]) == (401, "invalid_client")


def test_a_refresh_without_its_token_or_with_an_endless_key_is_a_bad_request(
    client: FlaskClient, tokens: dict[str, Any]
) -> None:
    nothing = client.post("/v1/token", data={"grant_type": "refresh_token"})
    endless = refresh(client, tokens["refresh_token"], headers={"Idempotency-Key": "k" * 256})

    assert [answer.json["code"] for answer in (nothing, endless)] == ["invalid_request", "invalid_request"]


def test_a_request_that_is_repeated_by_its_key_gets_the_same_refresh_token(
    client: FlaskClient, tokens: dict[str, Any], world: World
) -> None:
    headers = {"Idempotency-Key": "7c1e"}
    lost = refresh(client, tokens["refresh_token"], headers)
    world.clock.advance(600)

    again = refresh(client, tokens["refresh_token"], headers)

    assert again.json["refresh_token"] == lost.json["refresh_token"]
