"""The API of the second factor: the second step of a log-in, and a proof in an open session (RFC 9470)."""

from __future__ import annotations

from flask import Blueprint, Response, request

from auth_service.assembly import Auth
from auth_service.document import operations
from auth_service.domain.second_factor import InvalidSecondFactor
from auth_service.routes import logged_in_answer
from auth_service.token_routes import token_answer
from auth_service.use_cases import Visitor
from service_kit.auth import bearer_principal
from service_kit.web import json_answer


def second_factor_routes(auth: Auth) -> Blueprint:
    """Codes by a program."""
    routes = Blueprint("second_factor_api", __name__)
    second_step, stepping_up = operations()["log_in_second_step"], operations()["step_up"]

    @second_step.route(routes)
    def log_in_second_step() -> Response:
        second_step.parameters()
        body = second_step.body()
        visitor = Visitor(request.remote_addr or "", body["device_token"])
        return json_answer(logged_in_answer(auth.log_in.second_by_api(body["challenge"], body["code"], visitor)))

    @stepping_up.route(routes)
    def step_up() -> Response:
        stepping_up.parameters()
        principal, body = bearer_principal(), stepping_up.body()
        user = auth.users.by_id(principal.user_id)
        if user is None:
            raise InvalidSecondFactor  # a service, which has none
        visitor = Visitor(request.remote_addr or "", body["device_token"])
        grant = auth.step_up.for_api(user, principal.session_id, body["code"], visitor, principal.scopes)
        return json_answer(token_answer(grant))

    return routes
