from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest
from flask.testing import FlaskClient

from service_kit.signing_keys import read_jwks
from tests.unit.auth_service.world import CLIENT_SECRETS, PASSWORD, World

ACCOUNT = {"username": "demo-001", "email": "demo-001@example.com", "password": PASSWORD}


@pytest.fixture
def client(world: World) -> FlaskClient:
    return world.app().test_client()


@pytest.fixture
def person(client: FlaskClient) -> dict[str, str]:
    """The headers of demo-001, logged in."""
    client.post("/v1/users", json=ACCOUNT)
    token = client.post("/v1/login", json={"username": "demo-001", "password": PASSWORD}).json["access_token"]
    return bearer(token)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def basic(client_id: str, secret: str) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"{client_id}:{secret}".encode()).decode()}


def service(client: FlaskClient, client_id: str) -> dict[str, str]:
    """The headers of a service with its own token."""
    answer = client.post(
        "/v1/token", data={"grant_type": "client_credentials"}, headers=basic(client_id, CLIENT_SECRETS[client_id])
    )
    return bearer(answer.json["access_token"])


def test_signing_up_tells_the_new_user(client: FlaskClient) -> None:
    answer = client.post("/v1/users", json={**ACCOUNT, "username": "Demo-001"})

    assert answer.status_code == 201
    assert {**answer.json, "id": "?"} == {
        "id": "?",
        "username": "demo-001",
        "roles": ["user"],
        "created_at": "2026-01-02T03:04:05.000Z",
    }


def test_a_taken_name_is_a_conflict(client: FlaskClient, person: dict[str, str]) -> None:
    answer = client.post("/v1/users", json={**ACCOUNT, "email": "other@example.com"})

    assert (answer.status_code, answer.json["code"]) == (409, "username_taken")


@pytest.mark.parametrize(
    "change",
    [
        {"username": {"$gt": ""}},
        {"password": {"$gt": ""}},
        {"email": ["a@example.com"]},
        {"username": None},
        {"username": "x"},
        {"email": "nope"},
        {"password": "short"},
        {"password": "x" * 129},
        {"origin": "admin"},
        {"roles": ["admin"]},
        {"is_admin": True},
    ],
)
def test_a_bad_sign_up_is_named_and_writes_nothing(client: FlaskClient, world: World, change: dict[str, Any]) -> None:
    answer = client.post("/v1/users", json={**ACCOUNT, **change})

    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")
    assert answer.json["errors"][0]["pointer"] == "#/" + next(iter(change))
    assert world.outbox.events == {}


@pytest.mark.parametrize(
    ("who", "status", "code"), [(None, 401, "token_missing"), ("transaction_service", 403, "scope_missing")]
)
def test_only_drills_may_mark_a_user_as_theirs(client: FlaskClient, who: str | None, status: int, code: str) -> None:
    headers = service(client, who) if who else {}

    answer = client.post("/v1/users", json={**ACCOUNT, "origin": "probe"}, headers=headers)

    assert (answer.status_code, answer.json["code"]) == (status, code)


def test_a_drill_marks_its_users(client: FlaskClient, world: World) -> None:
    answer = client.post("/v1/users", json={**ACCOUNT, "origin": "demo"}, headers=service(client, "demo"))

    assert answer.status_code == 201
    assert world.outbox.waiting(1)[0].data["origin"] == "demo"


def test_logging_in_gives_a_bearer_token(client: FlaskClient, person: dict[str, str]) -> None:
    answer = client.post("/v1/login", json={"username": "demo-001", "password": PASSWORD})

    assert answer.status_code == 200
    assert (answer.json["token_type"], answer.json["expires_in"]) == ("Bearer", 300)
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "body", [{"username": "demo-001", "password": "wrong"}, {"username": "nobody", "password": "x"}]
)
def test_a_failed_log_in_tells_nothing(client: FlaskClient, person: dict[str, str], body: dict[str, str]) -> None:
    answer = client.post("/v1/login", json=body)

    assert (answer.status_code, answer.json["code"]) == (401, "invalid_credentials")
    assert "detail" not in answer.json


def test_an_operator_in_place_of_a_password_is_refused(client: FlaskClient, person: dict[str, str]) -> None:
    answer = client.post("/v1/login", json={"username": "demo-001", "password": {"$gt": ""}})

    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")


def test_the_holder_of_a_token_is_told_who_they_are(client: FlaskClient, person: dict[str, str]) -> None:
    answer = client.get("/v1/me", headers=person)

    assert (answer.json["username"], answer.json["email"]) == ("demo-001", "demo-001@example.com")


def test_a_token_is_worth_nothing_after_the_log_out(client: FlaskClient, person: dict[str, str]) -> None:
    assert client.post("/v1/logout", headers=person).status_code == 204

    answer = client.get("/v1/me", headers=person)
    assert (answer.status_code, answer.json["code"]) == (401, "token_revoked")


def test_the_published_keys_verify_our_tokens(client: FlaskClient, world: World) -> None:
    answer = client.get("/.well-known/jwks.json")

    assert read_jwks(answer.json) == world.keys.public()
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert b'"d"' not in answer.data


@pytest.mark.parametrize(
    ("form", "headers", "status", "code"),
    [
        ({"grant_type": "password"}, basic("demo", "d" * 40), 400, "unsupported_grant_type"),
        ({}, basic("demo", "d" * 40), 400, "invalid_request"),
        ({"grant_type": "client_credentials"}, {}, 401, "invalid_client"),
        ({"grant_type": "client_credentials"}, basic("demo", "wrong"), 401, "invalid_client"),
        ({"grant_type": "client_credentials"}, {"Authorization": "Basic ???"}, 401, "invalid_client"),
        ({"grant_type": "client_credentials", "scope": "everything"}, basic("demo", "d" * 40), 400, "invalid_scope"),
        ({"grant_type": "client_credentials", "admin": "1"}, basic("demo", "d" * 40), 400, "invalid_request"),
    ],
)
def test_a_bad_request_for_a_service_token_is_named(
    client: FlaskClient, form: dict[str, str], headers: dict[str, str], status: int, code: str
) -> None:
    answer = client.post("/v1/token", data=form, headers=headers, content_type="application/x-www-form-urlencoded")

    assert (answer.status_code, answer.json["code"]) == (status, code)


def test_a_service_learns_whether_a_token_holds(client: FlaskClient, person: dict[str, str]) -> None:
    headers = service(client, "transaction_service")
    token = person["Authorization"].split()[1]

    active = client.post("/v1/introspect", data={"token": token}, headers=headers).json
    client.post("/v1/logout", headers=person)
    ended = client.post("/v1/introspect", data={"token": token}, headers=headers).json

    assert (active["active"], active["username"], active["token_type"]) == (True, "demo-001", "Bearer")
    assert ended == {"active": False}


def test_a_service_learns_whether_a_browser_session_holds(
    client: FlaskClient, world: World, person: dict[str, str]
) -> None:
    done = world.auth.log_in.by_form("demo-001", PASSWORD)
    headers = service(client, "transaction_service")

    active = client.post("/v1/introspect", data={"session": done.cookie}, headers=headers).json
    unknown = client.post("/v1/introspect", data={"session": "x" * 43}, headers=headers).json

    assert (active["active"], active["session_id"], active["roles"]) == (True, done.session.id, ["user", "newcomer"])
    assert unknown == {"active": False}


def test_introspection_is_for_services(client: FlaskClient, person: dict[str, str]) -> None:
    for method, path in (("POST", "/v1/introspect"), ("GET", "/v1/revocations")):
        assert client.open(path, method=method).json["code"] == "token_missing"
        assert client.open(path, method=method, headers=person).json["code"] == "scope_missing"


@pytest.mark.parametrize("form", [{}, {"token": "a", "session": "b"}, {"token": ["a", "b"]}, {"token": "a", "x": "y"}])
def test_introspection_wants_one_thing(client: FlaskClient, form: dict[str, Any]) -> None:
    answer = client.post(
        "/v1/introspect",
        data=form,
        headers=service(client, "transaction_service"),
        content_type="application/x-www-form-urlencoded",
    )

    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")


def test_ended_sessions_are_told_to_services(client: FlaskClient, person: dict[str, str]) -> None:
    headers = service(client, "transaction_service")
    assert client.get("/v1/revocations", headers=headers).json == {"sessions": []}

    client.post("/v1/logout", headers=person)

    assert len(client.get("/v1/revocations", headers=headers).json["sessions"]) == 1
