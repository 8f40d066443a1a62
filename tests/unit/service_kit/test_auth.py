from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient

from contracts.session import COOKIE_NAME
from service_kit.auth import Access, install_access, log_in_url, session_principal
from service_kit.errors import AuthUnavailable
from tests.unit.service_kit.sample_app import AnyToken, sample_app, settings


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    return sample_app(tmp_path).test_client()


def test_a_bearer_token_tells_who_asks(client: FlaskClient) -> None:
    assert client.get("/v1/me", headers={"Authorization": "bearer good"}).json == "demo-001"


@pytest.mark.parametrize(
    "header", [{}, {"Authorization": ""}, {"Authorization": "Basic Z29vZA=="}, {"Authorization": "Bearer"}]
)
def test_a_request_without_a_bearer_token_is_challenged(client: FlaskClient, header: dict[str, str]) -> None:
    answer = client.get("/v1/me", headers=header)

    assert (answer.status_code, answer.json["code"]) == (401, "token_missing")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_token_without_the_scope_is_refused(client: FlaskClient) -> None:
    answer = client.get("/v1/forbidden", headers={"Authorization": "Bearer good"})

    assert (answer.status_code, answer.json["code"], answer.json["scope"]) == (403, "scope_missing", "ledger:read")


def test_a_page_that_says_that_auth_is_away_is_shown_all_the_same(tmp_path: Path) -> None:
    app = sample_app(tmp_path)

    asked: list[str] = []

    def away(cookie: str) -> None:
        asked.append(cookie)
        raise AuthUnavailable

    install_access(app, Access(AnyToken(), away))
    client = app.test_client()
    client.set_cookie(COOKIE_NAME, "any")

    page = client.get("/page", headers={"Accept": "text/html"})

    assert (page.status_code, asked) == (503, ["any"])
    assert "Authentication is not available right now" in page.text


def test_a_session_is_looked_up_once_a_request(tmp_path: Path) -> None:
    app = sample_app(tmp_path)
    asked: list[str] = []
    install_access(app, Access(AnyToken(), asked.append))

    with app.test_request_context(headers={"Cookie": f"{COOKIE_NAME}=c"}):
        assert session_principal() is None
        assert session_principal() is None

    assert asked == ["c"]


def test_who_must_log_in_comes_back_to_the_very_page(tmp_path: Path) -> None:
    app = sample_app(tmp_path)

    with app.test_request_context("/send?to=demo-002&amount=5"):
        url = urlsplit(log_in_url(settings(), "http://localhost:5001"))

    assert url.path == "/login_form"
    assert parse_qs(url.query)["next"] == ["http://localhost:5001/send?to=demo-002&amount=5"]
