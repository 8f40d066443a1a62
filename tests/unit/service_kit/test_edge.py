from __future__ import annotations

import io
import re
from pathlib import Path
from threading import BoundedSemaphore

import pytest
from flask.testing import FlaskClient
from werkzeug.exceptions import ClientDisconnected

from service_kit.request_bodies import RequestBody, TooManyBodies
from tests.unit.service_kit.sample_app import sample_app


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    return sample_app(tmp_path).test_client()


def test_a_callers_request_id_is_kept(client: FlaskClient) -> None:
    assert client.get("/healthz", headers={"X-Request-ID": "order-4711"}).headers["X-Request-ID"] == "order-4711"


@pytest.mark.parametrize("given", ["short", "x" * 65, "a b c d e f g", "<script>alert</script>"])
def test_an_unfit_request_id_is_replaced(client: FlaskClient, given: str) -> None:
    answered = client.get("/healthz", headers={"X-Request-ID": given}).headers["X-Request-ID"]

    assert re.fullmatch(r"[0-9a-f]{16}", answered)


@pytest.mark.parametrize("path", ["/page", "/v1/orders", "/nowhere", "/kit/app.css"])
def test_every_answer_has_the_security_headers(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers

    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]


def test_a_page_may_load_from_itself_only_and_run_nothing_inline(client: FlaskClient) -> None:
    policy = client.get("/page").headers["Content-Security-Policy"]

    assert "default-src 'self'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy


def test_an_inline_script_of_ours_runs_by_the_nonce_of_its_own_answer(client: FlaskClient) -> None:
    first, second = client.get("/apidocs"), client.get("/apidocs")

    def nonces(answer):  # type: ignore[no-untyped-def]
        in_page = re.findall(r'<script nonce="([^"]+)"', answer.text)
        in_policy = re.findall(r"'nonce-([^']+)'", answer.headers["Content-Security-Policy"])
        return in_page, in_policy

    assert nonces(first)[0] == nonces(first)[1] != nonces(second)[1]
    assert len(nonces(first)[0]) == 1


def test_the_api_page_loads_nothing_from_outside(client: FlaskClient) -> None:
    page = client.get("/apidocs").text

    sources = re.findall(r'(?:src|href)="([^"]+)"', re.sub(r"<a [^>]*>", "", page))
    assert sources
    assert all(source.startswith("/") for source in sources)


def test_a_form_may_lead_to_our_other_services(tmp_path: Path) -> None:
    client = sample_app(tmp_path, transaction_public_url="http://localhost:7001").test_client()

    policy = client.get("/page").headers["Content-Security-Policy"]

    assert "form-action 'self' http://localhost:5000 http://localhost:7001" in policy


def test_answers_are_kept_nowhere_unless_a_route_says_so(client: FlaskClient) -> None:
    assert client.get("/page").headers["Cache-Control"] == "no-store"
    assert "max-age" in client.get("/kit/app.css").headers["Cache-Control"]


def test_strict_transport_security_is_sent_by_https_only(tmp_path: Path) -> None:
    services = ("auth", "transaction", "notification", "analytics", "monitoring")
    https = {f"{service}_public_url": f"https://{service}.example.com" for service in services}

    assert "Strict-Transport-Security" not in sample_app(tmp_path).test_client().get("/page").headers
    assert "Strict-Transport-Security" in sample_app(tmp_path, **https).test_client().get("/page").headers


ORDER = b'{"name": "tea", "count": 2}'


def test_a_connection_whose_body_was_read_is_kept(client: FlaskClient) -> None:
    answer = client.post("/v1/orders", data=ORDER, content_type="application/json")

    assert answer.status_code == 201
    assert "Connection" not in answer.headers
    assert "Connection" not in client.get("/page").headers


@pytest.mark.parametrize(
    ("path", "body", "content_type", "status"),
    [
        ("/v1/orders", b" " * (64 * 1024 + 1), "application/json", 413),
        ("/v1/orders", ORDER, "text/plain", 415),
        ("/v1/nowhere", ORDER, "application/json", 404),
    ],
)
def test_an_answer_to_a_body_that_nobody_read_says_that_the_connection_ends(
    client: FlaskClient, path: str, body: bytes, content_type: str, status: int
) -> None:
    answer = client.post(path, data=body, content_type=content_type)

    assert (answer.status_code, answer.headers["Connection"]) == (status, "close")


def test_a_chunked_body_beyond_the_limit_ends_the_connection_too(client: FlaskClient) -> None:
    answer = chunked(client, b" " * 200_000)

    assert (answer.status_code, answer.headers["Connection"]) == (413, "close")


def test_a_chunked_body_that_was_read_does_not(client: FlaskClient) -> None:
    answer = chunked(client, ORDER)

    assert answer.status_code == 201
    assert "Connection" not in answer.headers


def test_a_body_that_ends_before_its_length_reaches_no_route(client: FlaskClient) -> None:
    answer = client.post(
        "/v1/orders",
        input_stream=io.BytesIO(ORDER),
        content_type="application/json",
        environ_overrides={"wsgi.input_terminated": True, "CONTENT_LENGTH": str(len(ORDER) + 1)},
    )

    assert answer.status_code == 400


def chunked(client: FlaskClient, body: bytes):  # type: ignore[no-untyped-def]
    """As granian gives it to the application."""
    return client.post(
        "/v1/orders",
        input_stream=io.BytesIO(body),
        content_type="application/json",
        environ_overrides={"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"},
    )


def test_while_every_place_is_taken_a_body_is_refused_unread_and_the_place_comes_back_with_the_read() -> None:
    places = BoundedSemaphore(1)
    first, second = io.BytesIO(b"first"), io.BytesIO(b"second")

    class Stalled:
        """Somebody else tries while this one is read."""

        def read(self, size: int = -1, /) -> bytes:
            with pytest.raises(TooManyBodies):
                RequestBody(second, 6, places).read()
            return first.read(size)

    assert RequestBody(Stalled(), 5, places).read() == b"first"
    assert second.tell() == 0
    assert RequestBody(second, 6, places).read() == b"second"


class InPieces:
    """A body that comes as it likes."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = list(pieces)

    def read(self, size: int = -1, /) -> bytes:
        return self._pieces.pop(0) if self._pieces else b""


def test_a_body_that_comes_in_pieces_is_read_to_its_end():
    body = RequestBody(InPieces(b"fir", b"s", b"t"), 5, BoundedSemaphore(1))
    assert body.read_to_the_end() == b"first"
    assert body.is_read


def test_a_body_that_ends_before_its_length_is_no_body():
    with pytest.raises(ClientDisconnected):
        RequestBody(InPieces(b"fir"), 5, BoundedSemaphore(1)).read_to_the_end()
