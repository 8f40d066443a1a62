"""What a token reaches that its holder has made smaller: not the account itself."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.unit.auth_service.test_api import bearer
from tests.unit.auth_service.world import PASSWORD, World


@pytest.fixture
def client(world: World) -> FlaskClient:
    world.auth.sign_up("demo-001", "demo-001@example.com", PASSWORD)
    return world.app().test_client()


@pytest.fixture
def narrowed(client: FlaskClient) -> dict[str, str]:
    """The headers of a token for reports only, as a program takes that makes nothing else."""
    first = client.post("/v1/login", json={"username": "demo-001", "password": PASSWORD}).json
    form = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"], "scope": "reports:read"}
    return bearer(client.post("/v1/token", data=form).json["access_token"])


ROUTES = [
    ("GET", "/v1/me/sessions", None),
    ("DELETE", "/v1/me/sessions", None),
    ("DELETE", "/v1/me/sessions/00000000-0000-7000-8000-000000000001", None),
    ("POST", "/v1/me/password", {"old_password": PASSWORD, "password": "a staple for batteries"}),
    ("POST", "/v1/me/email_confirmation", None),
    ("POST", "/v1/me/email", {"email": "new@example.com", "password": PASSWORD}),
    ("DELETE", "/v1/me/email", None),
    ("GET", "/v1/me/activity", None),
    ("GET", "/v1/me/export", None),
    ("POST", "/v1/me/close", {"password": PASSWORD}),
]


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
def test_a_token_without_the_scope_changes_nothing_of_the_account(
    client: FlaskClient, narrowed: dict[str, str], method: str, path: str, body: dict[str, str] | None
) -> None:
    answer = client.open(path, method=method, json=body, headers=narrowed)

    assert (answer.status_code, answer.json["code"], answer.json["scope"]) == (403, "scope_missing", "account:manage")


def test_it_is_told_only_what_it_says_itself(client: FlaskClient, narrowed: dict[str, str]) -> None:
    told = client.get("/v1/me", headers=narrowed).json

    assert told.keys() == {"id", "username", "roles", "scopes"}
    assert told["scopes"] == ["reports:read"]


def test_it_may_log_itself_out(client: FlaskClient, narrowed: dict[str, str]) -> None:
    assert client.post("/v1/logout", headers=narrowed).status_code == 204
    assert client.get("/v1/me", headers=narrowed).status_code == 401
