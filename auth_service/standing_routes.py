"""What a service asks that does something later which a person has asked for: may they still, and with which roles."""

from __future__ import annotations

from flask import Blueprint, Response

from auth_service.assembly import Auth
from auth_service.document import operations
from contracts.access_token import Scope
from service_kit.auth import bearer_principal
from service_kit.web import json_answer


def standing_routes(auth: Auth) -> Blueprint:
    """The blueprint, with what it needs handed in."""
    routes = Blueprint("standing_api", __name__)
    getting = operations()["get_standing"]

    @getting.route(routes)
    def get_standing(user_id: str) -> Response:
        bearer_principal(Scope.USERS_STANDING)
        getting.parameters()
        user = auth.administer.person(user_id)
        return json_answer({"state": user.state, "roles": user.roles})

    return routes
