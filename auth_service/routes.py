"""The API for people and their programs: sign-up, log-in, log-out, who am I."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from auth_service.activity import activity_page
from auth_service.assembly import Auth
from auth_service.document import operations
from auth_service.token_routes import token_answer
from auth_service.use_cases import TokenGrant, Visitor
from contracts.access_token import Scope
from service_kit.auth import bearer_principal, bearer_token
from service_kit.web import json_answer


def api_routes(auth: Auth) -> Blueprint:
    """Everything under /v1 that a person's program calls; where and what, the document says."""
    routes = Blueprint("api", __name__)
    signing_up, logging_in = operations()["sign_up"], operations()["log_in"]
    logging_out, asking_who = operations()["log_out"], operations()["who_am_i"]
    reading_activity = operations()["my_activity"]

    @signing_up.route(routes)
    def sign_up() -> Response:
        signing_up.parameters()
        body = signing_up.body()
        if body["origin"] != "user":
            bearer_principal(Scope.USERS_ORIGIN)
        visitor = Visitor(request.remote_addr or "")
        user = auth.sign_up(body["username"], body["email"], body["password"], body["origin"], visitor)
        answer = {"id": user.id, "username": user.username, "roles": user.roles, "created_at": user.created_at}
        return json_answer(answer, 201)

    @logging_in.route(routes)
    def log_in() -> Response:
        logging_in.parameters()
        body = logging_in.body()
        visitor = Visitor(request.remote_addr or "", body["device_token"])
        return json_answer(
            logged_in_answer(auth.log_in.by_api(body["username"], body["password"], visitor, body["code"]))
        )

    @logging_out.route(routes)
    def log_out() -> Response:
        logging_out.parameters()
        # Of an ended session too: who logs out again may have heard no answer, and nobody may have heard of it.
        auth.log_out(auth.introspect.read(bearer_token()).session_id)
        return Response(status=204)

    @asking_who.route(routes)
    def me() -> Response:
        asking_who.parameters()
        principal = bearer_principal()
        answer: dict[str, Any] = {
            "id": principal.user_id,
            "username": principal.username,
            "roles": principal.roles,
            "scopes": sorted(principal.scopes),
        }
        user = auth.users.by_id(principal.user_id)
        if user is not None and Scope.ACCOUNT_MANAGE in principal.scopes:  # a service has no account
            answer |= {"email": user.email, "email_confirmed": user.email_confirmed, "created_at": user.created_at}
        return json_answer(answer)

    @reading_activity.route(routes)
    def my_activity() -> Response:
        principal = bearer_principal(Scope.ACCOUNT_MANAGE)
        asked = reading_activity.parameters()
        page = activity_page(auth.trail, principal.user_id, asked["limit"], asked.get("cursor"))
        return json_answer({"activity": page.acts, "next_cursor": page.next_cursor})

    return routes


def logged_in_answer(grant: TokenGrant) -> dict[str, Any]:
    """The first tokens of a session, and the note for the device."""
    return token_answer(grant) | {"device_token": grant.device_token}
