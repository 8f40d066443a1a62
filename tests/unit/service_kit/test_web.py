from __future__ import annotations

import io
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from pymongo.errors import ServerSelectionTimeoutError

from tests.unit.service_kit.sample_app import sample_app

BROWSER = {"Accept": "text/html,application/xhtml+xml"}


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    return sample_app(tmp_path).test_client()


def post(client: FlaskClient, body: bytes | str, content_type: str = "application/json"):  # type: ignore[no-untyped-def]
    return client.post("/v1/orders", data=body, content_type=content_type)


def test_a_body_of_the_right_shape_reaches_the_route(client: FlaskClient) -> None:
    answer = post(client, '{"name": "tea", "count": 2}')

    assert (answer.status_code, answer.json) == (201, {"name": "tea", "count": 2})


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ('{"name": "tea", "count": "2"}', "#/count"),
        ('{"name": "tea", "count": true}', "#/count"),
        ('{"name": "tea", "count": 1.0}', "#/count"),
        ('{"name": "tea", "count": 0}', "#/count"),
        ('{"name": "tea", "count": 123456789012345678901234567890}', "#/count"),
        ('{"name": {"$gt": ""}, "count": 1}', "#/name"),
        ('{"name": "a name that is too long", "count": 1}', "#/name"),
        ('{"name": "tea", "count": 1, "price/kg": 0}', "#/price~1kg"),
        ('{"name": "tea"}', "#/count"),
        ("[]", "#"),
        ("null", "#"),
    ],
)
def test_another_shape_is_a_problem_that_points_at_the_place(client: FlaskClient, body: str, pointer: str) -> None:
    answer = post(client, body)

    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
    assert answer.json["code"] == "invalid_request"
    assert pointer in [mistake["pointer"] for mistake in answer.json["errors"]]


def test_a_problem_never_repeats_what_was_sent(client: FlaskClient) -> None:
    answer = post(client, '{"name": 1, "count": "my-password"}')

    assert b"my-password" not in answer.data


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"name": "tea", "count": NaN}',
        b'{"count": Infinity}',
        b'{"name": "\xff"}',
        b"[" * 5000,
        b'"\\ud800"',
    ],
)
def test_what_is_not_json_is_a_problem(client: FlaskClient, body: bytes) -> None:
    answer = post(client, body)

    assert (answer.status_code, answer.json["code"]) == (400, "malformed_json")


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_another_content_type_is_refused(client: FlaskClient, content_type: str) -> None:
    answer = post(client, "{}", content_type)

    assert (answer.status_code, answer.json["code"]) == (415, "unsupported_media_type")


def test_a_body_beyond_the_limit_is_refused(client: FlaskClient) -> None:
    answer = post(client, b" " * (64 * 1024 + 1))

    assert (answer.status_code, answer.json["code"]) == (413, "body_too_large")


def test_a_chunked_body_beyond_the_limit_is_refused_too(client: FlaskClient) -> None:
    stream = io.BytesIO(b" " * 200_000)

    answer = client.post(
        "/v1/orders",
        input_stream=stream,
        content_type="application/json",
        environ_overrides={"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"},
    )

    assert (answer.status_code, answer.json["code"]) == (413, "body_too_large")


def test_a_problem_carries_its_members_headers_and_extensions(client: FlaskClient) -> None:
    answer = client.get("/v1/sold_out")

    assert answer.status_code == 409
    assert answer.headers["Retry-After"] == "60"
    document = answer.json
    assert document.pop("trace_id")
    assert document == {
        "type": "urn:fintech-app:problem:sold_out",
        "title": "Nothing is left",
        "status": 409,
        "code": "sold_out",
        "detail": "Come back tomorrow.",
        "request_id": answer.headers["X-Request-ID"],
        "left": 0,
    }


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [("GET", "/v1/nothing", 404, "not_found"), ("GET", "/v1/orders", 405, "method_not_allowed")],
)
def test_the_errors_of_http_are_problems_too(
    client: FlaskClient, method: str, path: str, status: int, code: str
) -> None:
    answer = client.open(path, method=method, headers=BROWSER)

    assert (answer.status_code, answer.json["code"]) == (status, code)


def test_a_bug_is_told_without_its_internals(client: FlaskClient) -> None:
    answer = client.get("/v1/bug")

    assert (answer.status_code, answer.json["code"]) == (500, "internal_error")
    assert b"secret of the engine" not in answer.data


def test_a_browser_gets_a_page_and_a_program_a_problem(client: FlaskClient) -> None:
    page, problem = client.get("/bug", headers=BROWSER), client.get("/bug", headers={"Accept": "*/*"})

    assert (page.status_code, page.mimetype) == (500, "text/html")
    assert page.headers["X-Request-ID"].encode() in page.data
    assert problem.mimetype == "application/problem+json"


def test_an_absent_database_is_a_503_and_no_bug(tmp_path: Path) -> None:
    app = sample_app(tmp_path)

    @app.get("/v1/stored")
    def stored() -> str:
        raise ServerSelectionTimeoutError("no primary at 10.0.0.7")

    answer = app.test_client().get("/v1/stored")

    assert (answer.status_code, answer.json["code"]) == (503, "store_unavailable")
    assert answer.headers["Retry-After"] == "2"
    assert b"10.0.0.7" not in answer.data


def test_readiness_names_what_is_missing(tmp_path: Path) -> None:
    def away() -> None:
        raise ConnectionError("nobody answers")

    client = sample_app(tmp_path, ready={"store": away, "keys": lambda: None}).test_client()

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json["checks"] == {"store": "ConnectionError: nobody answers", "keys": "ok"}
    assert client.get("/healthz").status_code == 200


def test_the_latency_metric_has_the_route_and_never_the_path(client: FlaskClient) -> None:
    client.get("/v1/made/up/path")
    client.get("/v1/sold_out")

    metrics = client.get("/metrics").text

    assert 'flask_http_request_duration_seconds_count{method="GET",status="409",url_rule="/v1/sold_out"} 1.0' in metrics
    assert "made/up" not in metrics


def test_an_invented_method_is_refused_and_becomes_no_label(client: FlaskClient) -> None:
    assert client.open("/v1/orders", method="BREW").status_code == 405
    assert "BREW" not in client.get("/metrics").text
