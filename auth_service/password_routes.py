"""The API about one's password."""

from __future__ import annotations

from flask import Blueprint, Response, request

from auth_service.assembly import Auth
from auth_service.document import operations
from auth_service.use_cases import Visitor
from contracts.access_token import Scope
from service_kit.auth import bearer_principal
from service_kit.web import json_answer


def password_routes(auth: Auth) -> Blueprint:
    """Changing and resetting it."""
    routes = Blueprint("password_api", __name__)
    changing, asking = operations()["change_password"], operations()["ask_to_reset_password"]
    completing = operations()["reset_password"]

    @changing.route(routes)
    def change() -> Response:
        changing.parameters()
        principal = bearer_principal(Scope.ACCOUNT_MANAGE)
        body = changing.body()
        visitor = Visitor(request.remote_addr or "")
        changed = auth.change_password(
            principal.user_id, principal.session_id, body["old_password"], body["password"], visitor
        )
        return json_answer({"device_token": changed.device_token})

    @asking.route(routes)
    def ask() -> Response:
        asking.parameters()
        auth.reset_password.ask(asking.body()["email"], Visitor(request.remote_addr or ""))
        return Response(status=202)

    @completing.route(routes)
    def complete() -> Response:
        completing.parameters()
        body = completing.body()
        visitor = Visitor(request.remote_addr or "")
        return json_answer({"device_token": auth.reset_password(body["token"], body["password"], visitor)})

    return routes
