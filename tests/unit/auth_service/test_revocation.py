"""RFC 7009: whoever holds a token may end what it stands for. RFC 7662: services may ask what it is."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from contracts.access_token import LIFETIME_SECONDS, PEOPLE_CLIENT
from tests.unit.auth_service.test_api import basic, bearer, service
from tests.unit.auth_service.test_token_api import refresh
from tests.unit.auth_service.world import CLIENT_SECRETS, PASSWORD, World

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def client(world: World) -> FlaskClient:
    world.auth.sign_up("demo-001", "demo-001@example.com", PASSWORD)
    return world.app().test_client()


@pytest.fixture
def tokens(client: FlaskClient) -> dict[str, Any]:
    answer: dict[str, Any] = client.post("/v1/login", json={"username": "demo-001", "password": PASSWORD}).json
    return answer


def revoke(client: FlaskClient, token: str, headers: dict[str, str] | None = None, **more: str) -> TestResponse:
    return client.post("/v1/revoke", data={"token": token, **more}, headers=headers or {})


def assert_all_is_over(client: FlaskClient, tokens: dict[str, Any]) -> None:
    assert client.get("/v1/me", headers=bearer(tokens["access_token"])).json["code"] == "token_revoked"
    assert refresh(client, tokens["refresh_token"]).json["code"] == "invalid_grant"


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
@pytest.mark.parametrize("hint", [{}, {"token_type_hint": "refresh_token"}, {"token_type_hint": "what is this"}])
def test_either_token_ends_the_session_whatever_the_hint_says(
    client: FlaskClient, tokens: dict[str, Any], kind: str, hint: dict[str, str]
) -> None:
    answer = revoke(client, tokens[kind], client_id=PEOPLE_CLIENT, **hint)

    assert (answer.status_code, answer.data) == (200, b"")
    assert_all_is_over(client, tokens)


def test_a_token_that_has_ended_or_was_exchanged_ends_its_session_too(
    client: FlaskClient, tokens: dict[str, Any], world: World
) -> None:
    world.clock.advance(LIFETIME_SECONDS + 1)
    newer = refresh(client, tokens["refresh_token"]).json

    revoke(client, tokens["access_token"])

    assert_all_is_over(client, newer)
    other = client.post("/v1/login", json={"username": "demo-001", "password": PASSWORD}).json
    newer = refresh(client, other["refresh_token"]).json
    revoke(client, other["refresh_token"])
    assert_all_is_over(client, newer)


@pytest.mark.parametrize("token", ["x" * 43, "x", "a.b.c", ""])
def test_an_unknown_token_is_no_mistake_and_ends_nothing(
    client: FlaskClient, tokens: dict[str, Any], token: str
) -> None:
    assert revoke(client, token).status_code == 200
    assert client.get("/v1/me", headers=bearer(tokens["access_token"])).status_code == 200


def test_a_session_that_has_ended_is_announced_again_since_the_first_time_may_have_been_lost(
    client: FlaskClient, tokens: dict[str, Any], world: World
) -> None:
    world.cache.away = True
    assert client.post("/v1/logout", headers=bearer(tokens["access_token"])).status_code == 204
    world.cache.away = False

    assert client.post("/v1/logout", headers=bearer(tokens["access_token"])).status_code == 204
    revoke(client, tokens["refresh_token"])

    (ended,) = world.auth.introspect.revoked_lately()
    assert world.cache.announced == [[ended], [ended]]
    assert world.count_of("auth_sessions_revoked_total") == 1


def test_a_service_may_revoke_with_its_own_credentials_only(client: FlaskClient, tokens: dict[str, Any]) -> None:
    wrong = revoke(client, tokens["access_token"], basic("demo", "wrong"))
    assert (wrong.status_code, wrong.json["code"], wrong.json["error"]) == (401, "invalid_client", "invalid_client")
    assert revoke(client, tokens["access_token"], client_id="somebody").json["code"] == "invalid_client"
    assert client.get("/v1/me", headers=bearer(tokens["access_token"])).status_code == 200

    assert revoke(client, tokens["access_token"], basic("demo", CLIENT_SECRETS["demo"])).status_code == 200
    assert_all_is_over(client, tokens)


def test_a_services_own_token_is_of_a_type_that_can_not_be_revoked(client: FlaskClient) -> None:
    token = service(client, "demo")["Authorization"].split()[1]

    answer = revoke(client, token)

    assert (answer.status_code, answer.json["code"], answer.json["error"]) == (
        400,
        "unsupported_token_type",
        "unsupported_token_type",
    )


@pytest.mark.parametrize("form", [{}, {"token": ["a", "b"]}, {"token": "a", "all": "1"}])
def test_a_bad_revocation_is_named(client: FlaskClient, form: dict[str, Any]) -> None:
    answer = client.post("/v1/revoke", data=form, content_type=FORM)

    assert (answer.status_code, answer.json["code"], answer.json["error"]) == (
        400,
        "invalid_request",
        "invalid_request",
    )


def introspect(client: FlaskClient, token: str, **more: str) -> dict[str, Any]:
    headers = service(client, "transaction_service")
    answer: dict[str, Any] = client.post("/v1/introspect", data={"token": token, **more}, headers=headers).json
    return answer


@pytest.mark.parametrize("hint", [{}, {"token_type_hint": "access_token"}, {"token_type_hint": "refresh_token"}])
def test_a_refresh_token_is_told_from_an_access_token_whatever_the_hint_says(
    client: FlaskClient, tokens: dict[str, Any], hint: dict[str, str]
) -> None:
    access = introspect(client, tokens["access_token"], **hint)
    told = introspect(client, tokens["refresh_token"], **hint)

    assert (access["active"], access["token_type"], access["client_id"]) == (True, "Bearer", PEOPLE_CLIENT)
    assert (told["active"], told["token_type"], told["client_id"]) == (True, "refresh_token", PEOPLE_CLIENT)
    assert (told["sub"], told["sid"], told["exp"] - told["iat"]) == (access["sub"], access["sid"], 7200)
    assert "scope" not in told


def test_a_refresh_token_that_is_used_up_or_whose_session_has_ended_is_not_active(
    client: FlaskClient, tokens: dict[str, Any], world: World
) -> None:
    newer = refresh(client, tokens["refresh_token"]).json

    assert introspect(client, tokens["refresh_token"]) == {"active": False}
    assert introspect(client, newer["refresh_token"])["active"] is True
    revoke(client, newer["refresh_token"])
    assert introspect(client, newer["refresh_token"]) == {"active": False}
