"""The document is part of the code: every route is in it, and every request is held against it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import auth_service
from auth_service.document import OPENAPI, operations
from service_kit.apidocs import api_routes, documented
from service_kit.operations import FORM
from tests.unit.auth_service.test_api import bearer, service
from tests.unit.auth_service.world import DOCUMENTED, PASSWORD, World

OPERATIONS = [
    pytest.param(method, path, found, id=found["operationId"])
    for method, path, found in DOCUMENTED.document.operations()
]
FOR_SERVICES = {
    "introspect": "transaction_service",
    "list_revocations": "transaction_service",
    "get_standing": "analytics_service",
}


@pytest.fixture
def client(world: World) -> FlaskClient:
    world.auth.sign_up("demo-001", "demo-001@example.com", PASSWORD)
    world.auth.sign_up.register("boss", "boss@example.com", PASSWORD, ("user", "admin"))
    return world.app().test_client()


def ask(client: FlaskClient, method: str, path: str, operation: dict[str, Any], **request: Any) -> TestResponse:
    """With the token that the operation wants, and a place that exists nowhere."""
    username = "boss" if path.startswith("/v1/admin/") else "demo-001"
    log_in = client.post("/v1/login", json={"username": username, "password": PASSWORD}).json
    headers = bearer(log_in["access_token"])
    if operation["operationId"] in FOR_SERVICES:
        headers = service(client, FOR_SERVICES[operation["operationId"]])
    return client.open(re.sub(r"{\w+}", "x", path), method=method, headers=headers, **request)


def content_of(operation: dict[str, Any]) -> dict[str, Any]:
    content: dict[str, Any] = DOCUMENTED.document.resolved(operation.get("requestBody", {"content": {}}))["content"]
    return content


def test_every_route_has_its_operation_and_every_operation_its_route(world: World) -> None:
    assert api_routes(world.app()) == documented(OPENAPI)


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS)
def test_an_unknown_parameter_is_refused_everywhere(
    client: FlaskClient, method: str, path: str, operation: dict[str, Any]
) -> None:
    answer = ask(client, method, path, operation, query_string={"surprise": "1"})

    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")
    assert {"parameter": "surprise", "detail": "Unknown parameter", "code": "unknown"} in answer.json["errors"]


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS)
def test_every_body_is_held_against_its_schema(
    client: FlaskClient, method: str, path: str, operation: dict[str, Any]
) -> None:
    for kind in content_of(operation):
        body: dict[str, Any] = {"data": {"surprise": "1"}} if kind == FORM else {"json": {"surprise": 1}}
        answer = ask(client, method, path, operation, **body)

        assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")
        assert {"pointer": "#/surprise", "detail": "Unknown field", "code": "additionalProperties"} in answer.json[
            "errors"
        ]


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS)
def test_a_body_of_another_kind_is_refused(
    client: FlaskClient, method: str, path: str, operation: dict[str, Any]
) -> None:
    if content_of(operation):
        answer = ask(client, method, path, operation, data="x", content_type="text/plain")

        assert (answer.status_code, answer.json["code"]) == (415, "unsupported_media_type")


def test_no_route_has_a_schema_of_its_own() -> None:
    folder = Path(auth_service.__file__).parent
    checked = [file for file in folder.glob("*routes*.py") if "pydantic" in file.read_text(encoding="utf-8")]

    assert checked == []
    assert operations()["sign_up"].rule == "/v1/users"
