"""A small web application made by the kit, and tokens for it: what the tests of the web parts share."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import jwt
import yaml
from cryptography.hazmat.primitives.asymmetric import rsa
from flask import Blueprint, Flask, Response, render_template_string
from prometheus_client import CollectorRegistry
from pydantic import Field, SecretStr

from contracts.access_token import ALGORITHM, AUDIENCE, ISSUER, TYPE
from service_kit.auth import Access, Principal, bearer_principal, install_access, session_principal
from service_kit.env import Settings
from service_kit.errors import Conflict
from service_kit.web import Body, create_web_app, json_answer, page_routes, read_json

NOW = 1_800_000_000
PERSON = Principal("user-1", "demo-001", ("user",), frozenset({"accounts:read"}), "session-1")
PAGE = "{% extends 'base.html' %}{% block title %}A page{% endblock %}{% block content %}<form></form>{% endblock %}"


class Order(Body):
    name: str = Field(max_length=10)
    count: int = Field(gt=0)


class SoldOut(Conflict):
    code = "sold_out"
    title = "Nothing is left"


class AnyToken:
    """Takes the token `good` for PERSON's."""

    def verify(self, token: str) -> Principal:
        assert token == "good"
        return PERSON


def settings(**values: Any) -> Settings:
    return Settings(http_port=5000, **values)


def sample_app(folder: Path, *, ready: dict[str, Callable[[], None]] | None = None, **values: Any) -> Flask:
    document = folder / "openapi.yaml"
    document.write_text(yaml.safe_dump({"openapi": "3.0.3", "info": {"title": "Sample", "version": "1"}, "paths": {}}))
    app = create_web_app(
        "sample_service",
        settings(**values),
        secret_key=SecretStr("s" * 32),
        registry=CollectorRegistry(),
        readiness=ready or {},
        openapi=document,
    )
    install_access(app, Access(AnyToken(), lambda cookie: PERSON if cookie == "signed-in" else None))
    app.register_blueprint(_api())
    app.register_blueprint(_pages())
    return app


def _api() -> Blueprint:
    api = Blueprint("api", __name__)

    @api.post("/v1/orders")
    def order() -> Response:
        return json_answer(read_json(Order).model_dump(), 201)

    @api.get("/v1/sold_out")
    def sold_out() -> Response:
        raise SoldOut("Come back tomorrow.", headers={"Retry-After": "60"}, left=0)

    @api.get("/v1/bug")
    @api.get("/bug")
    def bug() -> Response:
        raise ZeroDivisionError("the secret of the engine")

    @api.get("/v1/me")
    def me() -> Response:
        return json_answer(bearer_principal("accounts:read").username)

    @api.get("/v1/forbidden")
    def forbidden() -> Response:
        return json_answer(bearer_principal("ledger:read").username)

    return api


def _pages() -> Blueprint:
    pages = page_routes("pages", __name__)

    @pages.route("/page", methods=["GET", "POST"])
    def page() -> str:
        session_principal()
        return render_template_string(PAGE)

    return pages


@cache
def rsa_key(name: str = "ours") -> rsa.RSAPrivateKey:
    """A key per name; 1024 bits would be refused, so it costs a moment."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def claims(**changes: Any) -> dict[str, Any]:
    """The claims of a good token of NOW; a change of None leaves a claim out."""
    good = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "user-1",
        "username": "demo-001",
        "sid": "session-1",
        "jti": "token-1",
        "roles": ["user"],
        "scope": "accounts:read transfers:write",
        "iat": NOW,
        "exp": NOW + 300,
    }
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def token(*, key: Any = None, algorithm: str = ALGORITHM, headers: dict[str, Any] | None = None, **changes: Any) -> str:
    """A token, good unless something is changed."""
    signing = rsa_key() if key is None else key
    return jwt.encode(claims(**changes), signing, algorithm, headers={"kid": "k1", "typ": TYPE, **(headers or {})})
