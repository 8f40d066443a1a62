"""The API about one's e-mail address."""

from __future__ import annotations

from flask import Blueprint, Response

from auth_service.document import operations
from auth_service.wiring import Auth
from service_kit.auth import bearer_principal


def email_routes(auth: Auth) -> Blueprint:
    """Confirming the address."""
    routes = Blueprint("email_api", __name__)
    asking, confirming = operations()["ask_to_confirm_email"], operations()["confirm_email"]

    @asking.route(routes)
    def ask_to_confirm() -> Response:
        asking.parameters()
        auth.confirm_email.ask(bearer_principal().user_id)
        return Response(status=202)

    @confirming.route(routes)
    def confirm() -> Response:
        confirming.parameters()
        auth.confirm_email(confirming.body()["token"])
        return Response(status=204)

    return routes
