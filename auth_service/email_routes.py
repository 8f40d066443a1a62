"""The API about one's e-mail address."""

from __future__ import annotations

from flask import Blueprint, Response

from auth_service.assembly import Auth
from auth_service.document import operations
from auth_service.domain import LetterKind
from contracts.access_token import Scope
from service_kit.auth import bearer_principal
from service_kit.web import json_answer

LETTERS: dict[str, LetterKind] = {"new": "confirm_new_email", "present": "approve_new_email"}


def email_routes(auth: Auth) -> Blueprint:
    """Confirming the address, and changing it."""
    routes = Blueprint("email_api", __name__)
    asking, confirming = operations()["ask_to_confirm_email"], operations()["confirm_email"]
    changing, withdrawing = operations()["change_email"], operations()["withdraw_email_change"]
    agreeing = operations()["agree_to_email_change"]

    @asking.route(routes)
    def ask_to_confirm() -> Response:
        asking.parameters()
        auth.confirm_email.ask(bearer_principal(Scope.ACCOUNT_MANAGE).user_id)
        return Response(status=202)

    @confirming.route(routes)
    def confirm() -> Response:
        confirming.parameters()
        auth.confirm_email(confirming.body()["token"])
        return Response(status=204)

    @changing.route(routes)
    def change() -> Response:
        changing.parameters()
        principal, body = bearer_principal(Scope.ACCOUNT_MANAGE), changing.body()
        auth.step_up.demand(principal.user_id, principal.session_id)
        auth.change_email.ask(principal.user_id, body["email"], body["password"])
        return Response(status=202)

    @withdrawing.route(routes)
    def withdraw() -> Response:
        withdrawing.parameters()
        auth.change_email.withdraw(bearer_principal(Scope.ACCOUNT_MANAGE).user_id)
        return Response(status=204)

    @agreeing.route(routes)
    def agree() -> Response:
        agreeing.parameters()
        body = agreeing.body()
        user = auth.change_email(LETTERS[body["address"]], body["token"])
        return json_answer({"changed": user.email_change is None})

    return routes
