"""The document is part of the code: every route is in it, every request is held against it, every example is true."""

from __future__ import annotations

from pathlib import Path

import pytest

from service_kit import errors
from service_kit.apidocs import api_routes, documented
from service_kit.request_bodies import TooManyBodies
from service_kit.schemas import Schema
from service_kit.step_up import StepUpRequired
from tests.unit.transaction_service.documented import document
from tests.unit.transaction_service.fronts import LedgerInMemory, application
from tests.unit.transaction_service.ledgers import a_ledger
from transaction_service import routes
from transaction_service.domain import Reason
from transaction_service.routes import problems
from transaction_service.routes.document import FORMATS, OPENAPI
from transaction_service.routes.rejections import EXPLAINED

APP = application(LedgerInMemory(a_ledger("ann", "sue")))
OPERATIONS = [
    pytest.param(method, path, found, id=found["operationId"]) for method, path, found in document().operations()
]
ANSWERS = [
    pytest.param(found["responses"][status], id=f"{found['operationId']} {status}")
    for _, _, found in document().operations()
    for status in found["responses"]
]
PROBLEM_CLASSES = {
    (int(kind.status), kind.code): kind.title
    for module in (errors, problems)
    for kind in vars(module).values()
    if isinstance(kind, type) and issubclass(kind, errors.Problem)
} | {
    (503, TooManyBodies.code): TooManyBodies.title,
    (401, StepUpRequired.code): StepUpRequired.title,
}
WITHOUT_A_CLASS = {(413, "body_too_large"): "Request Entity Too Large"}
REJECTIONS = {(422, str(reason)): explained.title for reason, explained in EXPLAINED.items()}
KNOWN = {**PROBLEM_CLASSES, **WITHOUT_A_CLASS}


def examples(content):
    """The examples of one media type, with their references followed."""
    if "example" in content:
        return [content["example"]]
    return [document().resolved(example)["value"] for example in content.get("examples", {}).values()]


def request_to(method, path, **options):
    for parameter in ("transfer_id", "account_id", "username"):
        path = path.replace(f"{{{parameter}}}", "x")
    of_readers = ("/v1/journal", "/v1/journal/events", "/v1/ledger/summary", "/v1/ledger/stretch")
    token = "sue!read" if path in of_readers else "sue+admin"
    token = "sue!republish" if path == "/v1/ledger/republications" else token
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "k-1"} | options.pop("headers", {})
    return APP.test_client().open(path, method=method, headers=headers, **options)


def test_every_route_has_its_operation_and_every_operation_its_route():
    assert api_routes(APP) == documented(OPENAPI)


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS)
def test_an_unknown_parameter_is_refused_everywhere(method, path, operation):
    answer = request_to(method, path, query_string={"surprise": "1"}, json={})
    assert answer.status_code == 400
    assert answer.json["errors"][0] == {"parameter": "surprise", "detail": "Unknown parameter", "code": "unknown"}


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS)
def test_every_documented_parameter_is_held_against_its_schema(method, path, operation):
    for parameter in map(document().resolved, operation["parameters"]):
        if parameter["in"] == "query":
            twice = request_to(method, path, query_string=[(parameter["name"], "1"), (parameter["name"], "1")])
            assert twice.status_code == 400
            assert {"duplicate"} <= {m["code"] for m in twice.json["errors"] if m["parameter"] == parameter["name"]}
        elif parameter["in"] == "header":
            assert request_to(method, path, headers={parameter["name"]: "a, b"}, json={}).status_code == 400
        else:
            long = path.replace(f"{{{parameter['name']}}}", "x" * 101)
            assert request_to(method, long, json={}).json["errors"][0]["parameter"] == parameter["name"]


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS)
def test_every_documented_body_is_held_against_its_schema(method, path, operation):
    if "requestBody" in operation:
        answer = request_to(method, path, json={"surprise": 1})
        assert answer.status_code == 400
        assert {"pointer": "#/surprise", "detail": "Unknown field", "code": "additionalProperties"} in answer.json[
            "errors"
        ]


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS)
def test_every_example_of_a_request_obeys_its_schema(method, path, operation):
    if "requestBody" in operation:
        content = operation["requestBody"]["content"]["application/json"]
        schema = Schema(content["schema"], document(), FORMATS)
        assert examples(content)
        assert [schema.mistakes(example) for example in examples(content)] == [[]] * len(examples(content))


@pytest.mark.parametrize("answer", ANSWERS)
def test_every_answer_has_examples_that_obey_its_schema(answer):
    for media_type, content in document().resolved(answer).get("content", {}).items():
        assert examples(content), "an answer without an example"
        schema = Schema(content["schema"], document(), FORMATS)
        if media_type.endswith("json"):
            assert [schema.mistakes(example) for example in examples(content)] == [[]] * len(examples(content))


@pytest.mark.parametrize("answer", ANSWERS)
def test_every_example_of_a_problem_is_one_that_the_code_can_give(answer):
    content = document().resolved(answer).get("content", {}).get("application/problem+json", {})
    for example in examples(content):
        place = (example["status"], example["code"])
        titles = REJECTIONS if "transfer" in example else KNOWN
        assert (titles.get(place), example["type"]) == (example["title"], f"urn:fintech-app:problem:{example['code']}")


def test_every_503_says_when_to_come_again():
    for _, path, operation in document().operations():
        answer = document().resolved(operation["responses"]["503"])
        assert "Retry-After" in answer["headers"], path


def test_every_reason_is_explained_and_has_an_example():
    shown = {
        document().resolved(e)["value"]["code"]
        for e in document().content["components"]["examples"].values()
        if "code" in document().resolved(e)["value"]
    }
    assert set(EXPLAINED) == set(Reason)
    assert {str(reason) for reason in Reason} <= shown


def test_no_route_has_a_schema_of_its_own():
    folder = Path(routes.__file__).parent
    assert [file.name for file in folder.glob("*.py") if "pydantic" in file.read_text(encoding="utf-8")] == []
