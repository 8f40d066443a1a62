"""What it costs another service to know who asks: the CPU of a request with the check of its token over one without."""

import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from flask import Blueprint, Flask, Response
from prometheus_client import CollectorRegistry
from pydantic import SecretStr
from werkzeug.test import EnvironBuilder

from auth_service.document import OPENAPI
from auth_service.ports import SigningKey
from auth_service.signing import jwk_set, new_signing_key, sign
from contracts.access_token import LIFETIME_SECONDS, USER_SCOPES, AccessToken, Scope
from contracts.session import revocation_message
from service_kit.auth import Access, Revocations, TokenVerifier, bearer_principal, install_access
from service_kit.env import Settings
from service_kit.signing_keys import JwksKeys
from service_kit.web import create_web_app, json_answer

REQUESTS = 2_000
OPEN, CHECKED = "/v1/open", "/v1/checked"


@dataclass(frozen=True)
class Costs:
    """Milliseconds of CPU a request, in one round."""

    none: float
    seen: float
    unseen: float


def rounds(count: int) -> Iterator[Costs]:
    """The three kinds of requests in turn, `count` times, to the kit's own application called without a server."""
    key, revocations = new_signing_key(), Revocations(_nobody_speaks, list, lambda token: False)
    app = _app(key, revocations)
    same = _tokens(key, 1) * REQUESTS
    for _ in range(count):
        fresh = _tokens(key, REQUESTS)
        costs = []
        for path, tokens in ((OPEN, same), (CHECKED, same), (CHECKED, fresh)):
            revocations.hear(revocation_message([]))  # as twice a second
            costs.append(_cpu_of(app, path, tokens))
        yield Costs(*costs)


def _app(key: SigningKey, revocations: Revocations) -> Flask:
    keys = JwksKeys(lambda: jwk_set({key.kid: key.private.public_key()}))
    app = create_web_app(
        "bench",
        Settings(http_port=5999),
        secret_key=SecretStr(uuid.uuid4().hex),
        registry=CollectorRegistry(),
        readiness={},
        openapi=OPENAPI,
    )
    install_access(app, Access(TokenVerifier(keys, revocations), lambda cookie: None))
    routes = Blueprint("api", __name__)

    @routes.get(OPEN)
    def without() -> Response:
        return json_answer({"username": "demo-001"})

    @routes.get(CHECKED)
    def checked() -> Response:
        return json_answer({"username": bearer_principal(Scope.ACCOUNTS_READ).username})

    app.register_blueprint(routes)
    return app


def _cpu_of(app: Flask, path: str, tokens: Sequence[str]) -> float:
    """Milliseconds of this process' CPU for one request."""
    plain = EnvironBuilder(path=path).get_environ()
    began = time.process_time()
    for token in tokens:
        environ = {**plain, "HTTP_AUTHORIZATION": f"Bearer {token}", "wsgi.input": BytesIO()}
        b"".join(app(environ, _only_200))
    return (time.process_time() - began) / len(tokens) * 1000


def _only_200(status: str, headers: Any, exc_info: Any = None) -> Any:
    if not status.startswith("200"):
        raise RuntimeError(f"a request was answered {status}")
    return lambda data: None


def _tokens(key: SigningKey, count: int) -> list[str]:
    now = int(time.time())
    return [
        sign(
            AccessToken(
                user_id=str(uuid.uuid4()),
                username="demo-001",
                session_id=str(uuid.uuid4()),
                token_id=str(uuid.uuid4()),
                roles=("user",),
                scopes=frozenset(USER_SCOPES),
                issued_at=now,
                expires_at=now + LIFETIME_SECONDS,
            ),
            key,
        )
        for _ in range(count)
    ]


def _nobody_speaks() -> Any:
    raise ConnectionError("it is told by hand")
