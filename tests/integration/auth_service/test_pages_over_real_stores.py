"""Auth whole, over MongoDB and Redis, and over MongoDB without Redis."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from cryptography.fernet import Fernet
from flask.testing import FlaskClient
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from auth_service import storage
from auth_service.app import create_app
from auth_service.domain import StoredKey
from auth_service.settings import WebSettings
from auth_service.signing import new_signing_key, seal
from auth_service.wiring import connect
from contracts.session import COOKIE_NAME
from service_kit import mongo
from service_kit.clock import SystemClock

BROWSER = {"Accept": "text/html"}
PASSWORD = "correct horse"


@pytest.fixture(params=["with Redis", "without Redis"])
def client(
    request: pytest.FixtureRequest, mongo_url: Callable[[str], str], redis_url: Callable[[str], str]
) -> Iterator[FlaskClient]:
    redis = redis_url("auth_service") if request.param == "with Redis" else "redis://127.0.0.1:1/0"
    settings = WebSettings(
        http_port=5000,
        mongo_url=SecretStr(mongo_url("auth_service")),
        transaction_url="http://nowhere",
        redis_url=SecretStr(redis),
        signing_key_secret=SecretStr(Fernet.generate_key().decode()),
        secret_key=SecretStr(os.urandom(16).hex()),
    )
    registry = CollectorRegistry()
    auth, mongo_client = connect(settings, registry)
    storage.create_indexes(storage.database(mongo_client))
    key = new_signing_key()
    now = SystemClock().now()
    sealed = [StoredKey(key.kid, seal(key, settings.signing_key_secret), now, now)]
    auth.keys._sealed = lambda: sealed  # type: ignore[attr-defined]  # those of a running stack have another secret
    yield create_app(auth, settings, registry, {"mongo": lambda: mongo.ping(mongo_client)}).test_client()
    mongo_client.close()


def send(client: FlaskClient, path: str, **fields: str):  # type: ignore[no-untyped-def]
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get(path, headers=BROWSER).text)
    assert token is not None
    return client.post(path, data={"csrf_token": token[1], **fields}, headers=BROWSER)


def test_a_person_signs_up_logs_in_sees_the_profile_and_logs_out(client: FlaskClient) -> None:
    name = f"t{uuid4().hex[:12]}"
    assert client.get("/readyz").status_code == 200
    assert send(client, "/signup_form", username=name, email="demo@example.com", password=PASSWORD).status_code == 302
    assert send(client, "/signup_form", username=name, email="demo@example.com", password=PASSWORD).status_code == 409
    assert send(client, "/login_form", username=name, password="wrong").status_code == 401
    assert send(client, "/login_form", username=name, password=PASSWORD).status_code == 302
    assert f"@{name}" in client.get("/protected_web").text
    assert client.post("/logout", headers={"Origin": "http://localhost:5000"}).status_code == 302
    assert client.get("/protected_web").status_code == 302


def test_a_program_signs_up_logs_in_and_out(client: FlaskClient) -> None:
    account = {"username": f"t{uuid4().hex[:12]}", "password": PASSWORD}
    assert client.post("/v1/users", json={**account, "email": "demo@example.com"}).status_code == 201
    token = client.post("/v1/login", json=account).json["access_token"]
    headers = {"Authorization": f"Bearer {token}"}

    assert client.get("/v1/me", headers=headers).json["username"] == account["username"]
    assert client.post("/v1/logout", headers=headers).status_code == 204
    assert client.get("/v1/me", headers=headers).json["code"] == "token_revoked"


def test_a_cookie_that_nobody_was_given_opens_nothing(client: FlaskClient) -> None:
    client.set_cookie(COOKIE_NAME, "x" * 43)

    assert client.get("/protected_web").status_code == 302


def test_without_mongodb_the_answer_is_a_503_and_no_bug() -> None:
    settings = WebSettings(
        http_port=5000,
        mongo_url=SecretStr("mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=300"),
        transaction_url="http://nowhere",
        redis_url=SecretStr("redis://127.0.0.1:1/0"),
        signing_key_secret=SecretStr(Fernet.generate_key().decode()),
        secret_key=SecretStr("s" * 32),
    )
    registry = CollectorRegistry()
    auth, mongo_client = connect(settings, registry)
    client = create_app(auth, settings, registry, {"mongo": lambda: mongo.ping(mongo_client)}).test_client()

    assert client.get("/readyz").status_code == 503
    answer = client.post("/v1/login", json={"username": "demo-001", "password": PASSWORD})
    assert (answer.status_code, answer.json["code"]) == (503, "store_unavailable")
    assert client.get("/").status_code == 200
    client.set_cookie(COOKIE_NAME, "x" * 43)
    answers = [client.get(path, headers=BROWSER) for path in ("/", "/protected_web", "/nowhere")]
    assert [answer.status_code for answer in answers] == [200, 503, 404]
    assert "Authentication is not available right now" in answers[1].text
    mongo_client.close()
