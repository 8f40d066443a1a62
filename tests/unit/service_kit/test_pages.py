from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import render_template_string
from flask.testing import FlaskClient

from contracts.session import COOKIE_NAME
from tests.unit.service_kit.sample_app import sample_app

BROWSER = {"Accept": "text/html"}
STANDS_ALONE = "analytics_service/templates/export.html"
"""It has everything in it, under a policy of its own: tests/unit/analytics_service/test_exports.py."""
TEMPLATES = sorted(
    path
    for path in Path(__file__).parents[3].glob("*/templates/**/*.html")
    if not path.as_posix().endswith(STANDS_ALONE)
)
NOT_ALLOWED = re.compile(
    r"""\sstyle\s*=|\son[a-z]+\s*=\s*["']|javascript:|<style|<script(?![^>]*(\bsrc=|nonce=|application/json))"""
)


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


def test_the_navigation_leads_to_all_five_services(tmp_path: Path) -> None:
    app = sample_app(tmp_path, monitoring_public_url="https://status.example.com")

    page = app.test_client().get("/page").text

    places = re.findall(r"<nav.*?</nav>", page, re.DOTALL)[0]
    for address in (
        "http://localhost:5000/",
        "http://localhost:5001/send_transaction",
        "http://localhost:5002/inbox",
        "http://localhost:5003/",
        "https://status.example.com/status",
        "http://localhost:5000/protected_web",
        "/apidocs",
    ):
        assert f'href="{address}"' in places


@pytest.mark.parametrize(
    ("page", "marked"),
    [("home", "Home"), ("inbox", "Inbox"), ("reports", "Reports"), ("status", "Status"), ("journey", "Status")],
)
def test_the_navigation_marks_the_present_place(tmp_path: Path, page: str, marked: str) -> None:
    app = sample_app(tmp_path)

    with app.test_request_context():
        text = render_template_string("{% extends 'base.html' %}{% set page = '" + page + "' %}")

    assert re.findall(r'aria-current="page">([^<]+)<', text) == [marked]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: f"{path.parts[-3]}/{path.name}")
def test_a_template_has_nothing_inline_that_its_policy_would_stop(template: Path) -> None:
    assert NOT_ALLOWED.findall(template.read_text(encoding="utf-8")) == []
