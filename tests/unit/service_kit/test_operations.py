from __future__ import annotations

from typing import Any

import pytest
from flask import Blueprint, Flask, Response
from flask.testing import FlaskClient

from service_kit.answers import json_answer
from service_kit.api_document import ApiDocument, DocumentError
from service_kit.errors import BadRequest, Problem
from service_kit.operations import Operations
from service_kit.problems import install_problem_answers

ORDER = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name"],
    "properties": {"name": {"type": "string"}, "count": {"type": "integer", "default": 1}},
}


def parameter(name: str, place: str = "query", *, required: bool = False, **schema: Any) -> dict[str, Any]:
    return {"name": name, "in": place, "required": required, "schema": schema}


LIST = {
    "operationId": "list_orders",
    "parameters": [
        parameter("shop", "path", required=True, type="string", maxLength=5),
        parameter("limit", type="integer", minimum=1, maximum=100, default=20),
        parameter("open", type="boolean"),
        parameter("size", type="array", items={"type": "integer", "minimum": 1}),
        parameter("X-Tenant", "header", required=True, type="string"),
    ],
}
PLACE = {
    "operationId": "place_order",
    "requestBody": {"x-max-bytes": 100, "content": {"application/json": {"schema": ORDER}}},
}
GRANT = {
    "operationId": "grant",
    "requestBody": {"content": {"application/x-www-form-urlencoded": {"schema": ORDER}}},
}


class TenantMissing(BadRequest):
    code = "tenant_missing"


def tenant_refused(mistake: dict[str, str]) -> Problem:
    return TenantMissing(mistake["detail"])


@pytest.fixture
def client() -> FlaskClient:
    document = ApiDocument(
        {"paths": {"/v1/shops/{shop}/orders": {"get": LIST}, "/v1/orders": {"post": PLACE}, "/grant": {"post": GRANT}}}
    )
    operations = Operations(document, refusals={"X-Tenant": tenant_refused})
    api = Blueprint("api", __name__)
    listing, placing, granting = operations["list_orders"], operations["place_order"], operations["grant"]

    @listing.route(api)
    def list_orders(shop: str) -> Response:
        return json_answer(listing.parameters())

    @placing.route(api)
    def place_order() -> Response:
        placing.parameters()
        return json_answer(placing.body(), 201)

    @granting.route(api)
    def grant() -> Response:
        return json_answer(granting.form())

    app = Flask("sample")
    app.config["MAX_CONTENT_LENGTH"] = 50
    install_problem_answers(app)
    app.register_blueprint(api)
    return app.test_client()


def listed(client: FlaskClient, query: str = "", shop: str = "a", **headers: str) -> Any:
    return client.get(f"/v1/shops/{shop}/orders?{query}", headers={"X-Tenant": "t", **headers})


def test_parameters_come_from_path_query_and_headers_read_and_with_their_defaults(client: FlaskClient) -> None:
    assert listed(client, "limit=7&open=true").json == {"shop": "a", "X-Tenant": "t", "limit": 7, "open": True}
    assert listed(client, "size=3&size=1").json["size"] == [3, 1]
    assert listed(client).json == {"shop": "a", "X-Tenant": "t", "limit": 20}


@pytest.mark.parametrize(
    ("query", "name", "code"),
    [
        ("limit=0", "limit", "minimum"),
        ("limit=101", "limit", "maximum"),
        ("limit=x", "limit", "type"),
        ("limit=", "limit", "type"),
        ("limit=1.0", "limit", "type"),
        ("limit=007", "limit", "type"),
        ("limit=%D9%A1", "limit", "type"),
        ("limit=99999999999999999999", "limit", "type"),
        ("open=1", "open", "type"),
        ("limit=1&limit=1", "limit", "duplicate"),
        ("size=3&size=0", "size/1", "minimum"),
        ("surprise=1", "surprise", "unknown"),
        ("shop=b", "shop", "unknown"),
        ("X-Tenant=b", "X-Tenant", "unknown"),
    ],
)
def test_a_bad_parameter_is_named(client: FlaskClient, query: str, name: str, code: str) -> None:
    answer = listed(client, query)

    assert (answer.status_code, answer.json["code"]) in [(400, "invalid_request"), (400, "tenant_missing")]
    if answer.json["code"] == "invalid_request":
        assert [(m["parameter"], m["code"]) for m in answer.json["errors"]] == [(name, code)]


def test_a_path_parameter_is_held_against_its_schema_too(client: FlaskClient) -> None:
    assert listed(client, shop="too-long").json["errors"][0]["parameter"] == "shop"


@pytest.mark.parametrize("headers", [{}, {"X-Tenant": ""}])
def test_a_parameter_may_have_a_problem_of_its_own(client: FlaskClient, headers: dict[str, str]) -> None:
    answer = client.get("/v1/shops/a/orders", headers=headers)

    assert (answer.status_code, answer.json["code"]) == (400, "tenant_missing")


def test_a_body_comes_with_its_defaults(client: FlaskClient) -> None:
    assert client.post("/v1/orders", json={"name": "tea"}).json == {"name": "tea", "count": 1}


def test_a_bad_body_is_told_by_its_pointers(client: FlaskClient) -> None:
    answer = client.post("/v1/orders", json={"name": "tea", "count": 1.5})

    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")
    assert [mistake["pointer"] for mistake in answer.json["errors"]] == ["#/count"]


def test_an_operation_without_parameters_takes_none(client: FlaskClient) -> None:
    assert client.post("/v1/orders?dry_run=true", json={"name": "tea"}).status_code == 400


@pytest.mark.parametrize(
    ("data", "media_type", "status"),
    [(b"{", "application/json", 400), (b"{}", "text/plain", 415), (b" " * 101, "application/json", 413)],
)
def test_what_is_no_json_of_a_bearable_size_is_refused(
    client: FlaskClient, data: bytes, media_type: str, status: int
) -> None:
    assert client.post("/v1/orders", data=data, content_type=media_type).status_code == status


def test_an_operation_may_take_more_than_the_application_does_elsewhere(client: FlaskClient) -> None:
    assert client.post("/v1/orders", json={"name": "x" * 60}).status_code == 201


def test_a_form_is_read_as_text(client: FlaskClient) -> None:
    assert client.post("/grant", data={"name": "7"}).json == {"name": "7", "count": 1}


@pytest.mark.parametrize(
    ("fields", "place", "code"),
    [
        ({}, "#/name", "required"),
        ({"name": ["a", "b"]}, "#/name", "duplicate"),
        ({"name": "a", "admin": "1"}, "#/admin", "additionalProperties"),
        ({"name": "a", "count": "1"}, "#/count", "type"),
    ],
)
def test_a_bad_form_is_told_by_its_fields_and_in_the_words_of_oauth(
    client: FlaskClient, fields: dict[str, Any], place: str, code: str
) -> None:
    answer = client.post("/grant", data=fields, content_type="application/x-www-form-urlencoded")

    assert (answer.status_code, answer.json["code"], answer.json["error"]) == (
        400,
        "invalid_request",
        "invalid_request",
    )
    assert [(mistake["pointer"], mistake["code"]) for mistake in answer.json["errors"]] == [(place, code)]


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        ({"json": {"name": "a"}}, 415),
        ({"data": {"name": "a"}, "headers": {"Content-Encoding": "gzip"}}, 415),
        ({"data": {"name": "x" * 60}}, 413),
    ],
)
def test_what_is_no_form_of_a_bearable_size_is_refused(
    client: FlaskClient, request_: dict[str, Any], status: int
) -> None:
    assert client.post("/grant", **request_).status_code == status


@pytest.mark.parametrize(
    "paths",
    [
        {"/a": {"get": {}}},
        {"/a": {"get": {"operationId": "a"}}, "/b": {"get": {"operationId": "a"}}},
        {"/a": {"get": {"operationId": "a", "parameters": [parameter("x", type="array")]}}},
        {"/a": {"get": {"operationId": "a", "parameters": [parameter("x", type="string")] * 2}}},
    ],
    ids=["no operationId", "one operationId twice", "a list as a parameter", "one parameter twice"],
)
def test_a_document_that_cannot_be_held_stops_the_start(paths: dict[str, Any]) -> None:
    with pytest.raises(DocumentError):
        Operations(ApiDocument({"paths": paths}))
