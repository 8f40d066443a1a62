from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

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
    https = {"auth_public_url": "https://auth.example.com", "transaction_public_url": "https://pay.example.com"}

    assert "Strict-Transport-Security" not in sample_app(tmp_path).test_client().get("/page").headers
    assert "Strict-Transport-Security" in sample_app(tmp_path, **https).test_client().get("/page").headers
