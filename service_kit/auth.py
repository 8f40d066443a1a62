"""Who may do what: the door that routes and wiring use. The parts behind it are modules of their own.

A route asks `bearer_principal(scope)` (API) or `session_principal()` (pages). Wiring calls `access_through_auth`
once; auth itself installs its own `Access`, since it holds the truth.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol
from urllib.parse import urlencode

from flask import Flask, current_app, g, request
from pydantic import SecretStr
from redis import Redis

from contracts.session import COOKIE_NAME, REVOCATIONS_CHANNEL
from service_kit import redis_store
from service_kit.auth_client import AuthClient, http_client
from service_kit.env import Settings
from service_kit.errors import AuthUnavailable, ScopeMissing, TokenMissing
from service_kit.principal import Principal
from service_kit.revocations import Revocations
from service_kit.service_token import ServiceToken
from service_kit.sessions import SessionReader
from service_kit.signing_keys import JwksKeys
from service_kit.tokens import TokenVerifier

__all__ = [
    "Access",
    "Principal",
    "Revocations",
    "ServiceToken",
    "SessionReader",
    "TokenVerifier",
    "access_through_auth",
    "bearer_principal",
    "bearer_token",
    "install_access",
    "log_in_url",
    "session_principal",
    "this_page",
]


class Verifier(Protocol):
    """Reads bearer tokens, as TokenVerifier does."""

    def verify(self, token: str) -> Principal:
        """Raises TokenInvalid, TokenExpired, TokenRevoked, AuthUnavailable."""


@dataclass(frozen=True)
class Access:
    """How an application knows who is asking; tests hand in fakes."""

    tokens: Verifier
    session: Callable[[str], Principal | None]


def access_through_auth(
    settings: Settings,
    redis: Redis,
    client_id: str,
    client_secret: SecretStr,
    before_asking: Callable[[], None] = lambda: None,
) -> tuple[Access, Revocations]:
    """The Access of every service but auth. Call `start()` on the Revocations in the process that serves.

    `before_asking` may raise a Problem where the service could do nothing for anybody, so that nobody waits for auth.
    """
    http = http_client()
    token = ServiceToken(http, f"{settings.auth_url}/v1/token", client_id, client_secret)
    auth = AuthClient(http, settings.auth_url, token)

    def token_is_active(token: str) -> bool:
        before_asking()
        return auth.token_is_active(token)

    revocations = Revocations(
        partial(redis_store.subscription, redis, REVOCATIONS_CHANNEL), auth.revoked_sessions, token_is_active
    )
    sessions = SessionReader(partial(_cached, redis), auth.session, revocations)
    return Access(TokenVerifier(JwksKeys(auth.jwks), revocations), sessions.read), revocations


def _cached(redis: Redis, key: str) -> bytes | None:
    value = redis.get(key)
    return value if isinstance(value, bytes) else None


def install_access(app: Flask, access: Access) -> None:
    """Let `bearer_principal`, `session_principal` and the pages' navigation use `access`."""
    app.extensions["access"] = access
    app.jinja_env.globals["viewer"] = viewer


def bearer_principal(scope: str | None = None) -> Principal:
    """Who sent the request's bearer token, which must allow `scope`.

    Raises:
        TokenMissing, TokenInvalid, TokenExpired, TokenRevoked: 401.
        ScopeMissing: 403.
        AuthUnavailable: 503.
    """
    access: Access = current_app.extensions["access"]
    principal = access.tokens.verify(bearer_token())
    if scope is not None and scope not in principal.scopes:
        raise ScopeMissing(f"The scope {scope} is needed.", scope=scope)
    return principal


def bearer_token() -> str:
    """The request's bearer token, as it came; raises TokenMissing."""
    scheme, _, token = request.environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise TokenMissing("Send the header `Authorization: Bearer <access token>`.")
    return str(token)


def session_principal() -> Principal | None:
    """Who is signed in with this browser; None for nobody. Looked up once a request, also in vain: the page that says
    so asks again, and each look may take seconds.

    Raises:
        AuthUnavailable: 503.
    """
    if "session_principal" not in g:
        g.session_principal = _look()
    found: Principal | AuthUnavailable | None = g.session_principal
    if isinstance(found, AuthUnavailable):
        raise found
    return found


def _look() -> Principal | AuthUnavailable | None:
    cookie = request.cookies.get(COOKIE_NAME)
    access: Access = current_app.extensions["access"]
    try:
        return access.session(cookie) if cookie else None
    except AuthUnavailable as away:
        return away


def viewer() -> Principal | None:
    """For the navigation: as `session_principal`, but a page that says that auth is away must be shown too."""
    try:
        return session_principal()
    except AuthUnavailable:
        return None


def log_in_url(settings: Settings, own_public_url: str, back: str | None = None) -> str:
    """Where to send a person who must log in first, so that they come back: to this page, or to the path `back`."""
    return f"{settings.auth_public_url}/login_form?" + urlencode({"next": own_public_url + (back or this_page())})


def this_page() -> str:
    """Path and query of the present request, as they came."""
    query = request.query_string.decode("latin-1")
    return request.path + (f"?{query}" if query else "")
