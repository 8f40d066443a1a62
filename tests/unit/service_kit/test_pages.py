from __future__ import annotations

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from contracts.session import COOKIE_NAME
from tests.unit.service_kit.sample_app import sample_app

BROWSER = {"Accept": "text/html"}


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    return sample_app(tmp_path).test_client()


def test_a_form_without_its_token_is_refused_in_a_friendly_way(client: FlaskClient) -> None:
    page = client.post("/page", headers=BROWSER)

    assert (page.status_code, page.mimetype) == (400, "text/html")
    assert "The form has expired" in page.text
    assert client.post("/page").json["code"] == "csrf_failed"


def test_api_routes_need_no_form_token(client: FlaskClient) -> None:
    answer = client.post("/v1/orders", json={"name": "tea", "count": 1})

    assert answer.status_code == 201


def test_the_navigation_knows_who_is_signed_in(client: FlaskClient) -> None:
    assert "Log in" in client.get("/page").text

    client.set_cookie(COOKIE_NAME, "signed-in")

    page = client.get("/page").text
    assert "@demo-001" in page
    assert "Log out" in page


def test_each_service_has_a_cookie_of_its_own_name(tmp_path: Path) -> None:
    assert sample_app(tmp_path).config["SESSION_COOKIE_NAME"] == "sample_web"


def test_assets_change_their_address_with_their_content(client: FlaskClient) -> None:
    assert "/kit/app.css?v=" in client.get("/page").text
