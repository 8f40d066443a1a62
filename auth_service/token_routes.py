"""The API of tokens: for services and by refresh token, introspection, revocation, the public keys.

Bodies are form-encoded, as RFC 6749 and RFC 7662 have them; errors are problems that also carry OAuth's `error`.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from auth_service.assembly import Auth
from auth_service.document import operations
from auth_service.domain import RefreshToken, Session
from auth_service.signing import jwk_set
from auth_service.use_cases.guard import Visitor
from auth_service.use_cases.log_in import entry_of
from auth_service.use_cases.refresh import Attempt
from auth_service.use_cases.service_tokens import InvalidClient, client_of
from auth_service.use_cases.tokens import TokenGrant
from contracts.access_token import ISSUER, KEYS_MAX_AGE_SECONDS, PEOPLE_CLIENT, Scope
from contracts.session import SessionEntry
from service_kit.auth import bearer_principal
from service_kit.errors import BadRequest, InvalidRequest, Unauthorized
from service_kit.web import json_answer

_INACTIVE: dict[str, Any] = {"active": False}


class UnsupportedGrantType(BadRequest):
    """Services get tokens here by their credentials, people by their refresh token."""

    code = "unsupported_grant_type"
    title = "The grant type must be client_credentials or refresh_token"


def token_routes(auth: Auth) -> Blueprint:
    """What services call; where and with what, the document says."""
    routes = Blueprint("tokens", __name__)
    keys, getting, asking = operations()["public_keys"], operations()["get_token"], operations()["introspect"]
    revoking, ended = operations()["revoke"], operations()["list_revocations"]

    @keys.route(routes)
    def jwks() -> Response:
        keys.parameters()
        headers = {"Cache-Control": f"public, max-age={KEYS_MAX_AGE_SECONDS}"}
        return json_answer(jwk_set(auth.keys.public()), headers=headers)

    @getting.route(routes)
    def token() -> Response:
        key = getting.parameters().get("Idempotency-Key")
        form = getting.form()
        scopes = frozenset(form.get("scope", "").split())
        match form["grant_type"]:
            case "client_credentials":
                return json_answer(token_answer(auth.issue_service_token(*_basic_credentials(), scopes, _visitor())))
            case "refresh_token":
                return json_answer(token_answer(auth.refresh(_attempt(form, scopes, key))))
            case _:
                raise UnsupportedGrantType(error="unsupported_grant_type")

    @asking.route(routes)
    def introspect() -> Response:
        bearer_principal(Scope.TOKENS_INTROSPECT)
        asking.parameters()
        form = asking.form()  # its hint says nothing that a token doesn't show
        if ("token" in form) == ("session" in form):
            raise InvalidRequest("Send either `token` or `session`.")
        return json_answer(_of_token(auth, form["token"]) if "token" in form else _of_session(auth, form["session"]))

    @revoking.route(routes)
    def revoke() -> Response:
        revoking.parameters()
        form = revoking.form()
        _known_client(auth, form)
        auth.revoke(form["token"])
        return Response(status=200)

    @ended.route(routes)
    def revocations() -> Response:
        bearer_principal(Scope.TOKENS_INTROSPECT)
        ended.parameters()
        return json_answer({"sessions": auth.introspect.revoked_lately()})

    return routes


def token_answer(grant: TokenGrant) -> dict[str, Any]:
    """RFC 6749, section 5.1; a service gets no refresh token, since it has its credentials."""
    answer = {
        "access_token": grant.access_token,
        "token_type": "Bearer",
        "expires_in": grant.expires_in,
        "scope": " ".join(sorted(grant.scopes)),
    }
    if grant.refresh_token:
        answer |= {"refresh_token": grant.refresh_token, "refresh_expires_in": grant.refresh_expires_in}
    return answer


def _attempt(form: dict[str, str], scopes: frozenset[str], key: str | None) -> Attempt:
    """Public clients have no secret (RFC 6749, section 2.1): the name that they may send must be right, and is all."""
    if form.get("client_id", PEOPLE_CLIENT) != PEOPLE_CLIENT:
        raise InvalidClient(error="invalid_client")
    if "refresh_token" not in form:
        raise InvalidRequest("Send `refresh_token`.", error="invalid_request")
    return Attempt(form["refresh_token"], request.remote_addr or "", key, scopes or None)


def _visitor() -> Visitor:
    return Visitor(request.remote_addr or "")


def _known_client(auth: Auth, form: dict[str, str]) -> None:
    """RFC 7009, section 2.1: a service that sends credentials must send the right ones; a public client has none."""
    if "Authorization" in request.headers:
        auth.issue_service_token.client(*_basic_credentials(), _visitor())
    elif form.get("client_id", PEOPLE_CLIENT) != PEOPLE_CLIENT:
        raise InvalidClient(error="invalid_client")


def _of_token(auth: Auth, token: str) -> dict[str, Any]:
    refresh = auth.introspect.refresh_token(token)
    if refresh is not None:
        return _active_refresh_token(*refresh)
    try:
        read = auth.introspect.token(token)
    except Unauthorized:
        return _INACTIVE  # why is nobody's business (RFC 7662, section 2.2)
    client = client_of(read.user_id) or PEOPLE_CLIENT
    return {"active": True, "token_type": "Bearer", "client_id": client, **read.claims()}


def _active_refresh_token(token: RefreshToken, session: Session) -> dict[str, Any]:
    """Not `Bearer`: it opens nothing, so nobody may take it for an access token."""
    return {
        "active": True,
        "token_type": "refresh_token",
        "client_id": PEOPLE_CLIENT,
        "iss": ISSUER,
        "sub": session.user_id,
        "username": session.username,
        "sid": session.id,
        "iat": int(token.issued_at.timestamp()),
        "exp": int(session.ends_at.timestamp()),
    }


def _of_session(auth: Auth, cookie: str) -> dict[str, Any]:
    session = auth.introspect.session(cookie)
    if session is None:
        return _INACTIVE
    return {"active": True, **_members(entry_of(session))}


def _members(entry: SessionEntry) -> dict[str, Any]:
    members = {**vars(entry), "roles": list(entry.roles)}
    if entry.stepped_up_at is None:
        del members["stepped_up_at"]
    return members


def _basic_credentials() -> tuple[str, str]:
    try:
        given = request.authorization
    except ValueError:  # Basic by its name, but no base64
        given = None
    if given is None or given.type != "basic" or not given.username or given.password is None:
        raise InvalidClient("Send the client's id and secret by HTTP Basic.", error="invalid_client")
    return given.username, given.password
