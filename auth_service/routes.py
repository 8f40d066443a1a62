"""The API for people and their programs: sign-up, log-in, log-out, who am I."""

from __future__ import annotations

from typing import Any, Literal

from flask import Blueprint, Response, request
from pydantic import Field

from auth_service.devices import TOKEN_MAX
from auth_service.domain import PASSWORD_RAW_MAX
from auth_service.token_routes import token_answer
from auth_service.use_cases import Visitor
from auth_service.wiring import Auth
from contracts.access_token import Scope
from service_kit.auth import bearer_principal, bearer_token
from service_kit.web import Body, json_answer, read_json


class SignUpBody(Body):
    """POST /v1/users"""

    username: str = Field(max_length=64)
    email: str = Field(max_length=254)
    password: str = Field(max_length=PASSWORD_RAW_MAX)
    origin: Literal["user", "demo", "probe"] = "user"


class LogInBody(Body):
    """POST /v1/login"""

    username: str = Field(max_length=64)
    password: str = Field(max_length=PASSWORD_RAW_MAX)
    device_token: str = Field("", max_length=TOKEN_MAX)


def api_routes(auth: Auth) -> Blueprint:
    """Everything under /v1 that a person's program calls."""
    routes = Blueprint("api", __name__)

    @routes.post("/v1/users")
    def sign_up() -> Response:
        body = read_json(SignUpBody)
        if body.origin != "user":
            bearer_principal(Scope.USERS_ORIGIN)
        user = auth.sign_up(body.username, body.email, body.password, body.origin, Visitor(request.remote_addr or ""))
        answer = {"id": user.id, "username": user.username, "roles": user.roles, "created_at": user.created_at}
        return json_answer(answer, 201)

    @routes.post("/v1/login")
    def log_in() -> Response:
        body = read_json(LogInBody)
        visitor = Visitor(request.remote_addr or "", body.device_token)
        grant = auth.log_in.by_api(body.username, body.password, visitor)
        return json_answer(token_answer(grant) | {"device_token": grant.device_token})

    @routes.post("/v1/logout")
    def log_out() -> Response:
        # Of an ended session too: who logs out again may have heard no answer, and nobody may have heard of it.
        auth.log_out(auth.introspect.read(bearer_token()).session_id)
        return Response(status=204)

    @routes.get("/v1/me")
    def me() -> Response:
        principal = bearer_principal()
        answer: dict[str, Any] = {
            "id": principal.user_id,
            "username": principal.username,
            "roles": principal.roles,
            "scopes": sorted(principal.scopes),
        }
        user = auth.users.by_id(principal.user_id)
        if user is not None:  # a service has no account
            answer |= {"email": user.email, "created_at": user.created_at}
        return json_answer(answer)

    return routes
