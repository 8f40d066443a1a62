"""The API for services: their tokens, introspection, revocations, the public keys.

Bodies are form-encoded, as RFC 6749 and RFC 7662 have them; errors are problems that also carry OAuth's `error`.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from auth_service.signing import jwk_set
from auth_service.use_cases.log_in import entry_of
from auth_service.use_cases.service_tokens import InvalidClient
from auth_service.wiring import Auth
from contracts.access_token import AUDIENCE, ISSUER, AccessToken, Scope
from contracts.session import SessionEntry
from service_kit.auth import bearer_principal
from service_kit.errors import BadRequest, InvalidRequest, Unauthorized, UnsupportedMediaType
from service_kit.web import json_answer

KEYS_MAX_AGE_SECONDS = 300
_INACTIVE: dict[str, Any] = {"active": False}


class UnsupportedGrantType(BadRequest):
    """Only services get tokens here; people log in."""

    code = "unsupported_grant_type"
    title = "The grant type must be client_credentials"


def token_routes(auth: Auth) -> Blueprint:
    """What services call."""
    routes = Blueprint("tokens", __name__)

    @routes.get("/.well-known/jwks.json")
    def jwks() -> Response:
        headers = {"Cache-Control": f"public, max-age={KEYS_MAX_AGE_SECONDS}"}
        return json_answer(jwk_set(auth.keys.public()), headers=headers)

    @routes.post("/v1/token")
    def token() -> Response:
        form = _form({"grant_type", "scope"})
        if form.get("grant_type") != "client_credentials":
            raise UnsupportedGrantType(error="unsupported_grant_type")
        client_id, secret = _basic_credentials()
        grant = auth.issue_service_token(client_id, secret, frozenset(form.get("scope", "").split()))
        answer = {
            "access_token": grant.access_token,
            "token_type": "Bearer",
            "expires_in": grant.expires_in,
            "scope": " ".join(sorted(grant.scopes)),
        }
        return json_answer(answer)

    @routes.post("/v1/introspect")
    def introspect() -> Response:
        bearer_principal(Scope.TOKENS_INTROSPECT)
        form = _form({"token", "session", "token_type_hint"})
        if ("token" in form) == ("session" in form):
            raise InvalidRequest("Send either `token` or `session`.")
        return json_answer(_of_token(auth, form["token"]) if "token" in form else _of_session(auth, form["session"]))

    @routes.get("/v1/revocations")
    def revocations() -> Response:
        bearer_principal(Scope.TOKENS_INTROSPECT)
        return json_answer({"sessions": auth.introspect.revoked_lately()})

    return routes


def _of_token(auth: Auth, token: str) -> dict[str, Any]:
    try:
        read = auth.introspect.token(token)
    except Unauthorized:
        return _INACTIVE  # why is nobody's business (RFC 7662, section 2.2)
    return _active(read)


def _active(read: AccessToken) -> dict[str, Any]:
    claims = {"iss": ISSUER, "aud": AUDIENCE, **read.claims()}
    return {"active": True, "token_type": "Bearer", "client_id": read.username, **claims}


def _of_session(auth: Auth, cookie: str) -> dict[str, Any]:
    session = auth.introspect.session(cookie)
    if session is None:
        return _INACTIVE
    return {"active": True, **_members(entry_of(session))}


def _members(entry: SessionEntry) -> dict[str, Any]:
    return {**vars(entry), "roles": list(entry.roles)}


def _form(allowed: set[str]) -> dict[str, str]:
    if request.mimetype != "application/x-www-form-urlencoded":
        raise UnsupportedMediaType("Send the body as application/x-www-form-urlencoded.")
    unknown = sorted(set(request.form) - allowed)
    repeated = sorted(name for name in request.form if len(request.form.getlist(name)) > 1)
    if unknown or repeated:
        names = [*unknown, *repeated]
        raise InvalidRequest(
            "A field is unknown or repeated.",
            errors=[
                {"pointer": f"#/{name}", "detail": "unknown or repeated", "code": "extra_forbidden"} for name in names
            ],
        )
    return request.form.to_dict()


def _basic_credentials() -> tuple[str, str]:
    given = request.authorization
    if given is None or given.type != "basic" or not given.username or given.password is None:
        raise InvalidClient("Send the client's id and secret by HTTP Basic.", error="invalid_client")
    return given.username, given.password
