"""The API of one's own sessions: what is open, and ending it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from auth_service.assembly import Auth
from auth_service.document import operations
from auth_service.domain import Session
from contracts.access_token import Scope
from service_kit.auth import bearer_principal
from service_kit.errors import NotFound
from service_kit.web import json_answer


def session_routes(auth: Auth) -> Blueprint:
    """/v1/me/sessions"""
    routes = Blueprint("sessions", __name__)
    listing, ending = operations()["list_sessions"], operations()["end_session"]
    ending_all = operations()["end_sessions"]

    @listing.route(routes)
    def list_sessions() -> Response:
        principal = bearer_principal(Scope.ACCOUNT_MANAGE)
        listing.parameters()
        found = auth.sessions.open_of(principal.user_id, auth.log_out.clock.now())
        return json_answer({"sessions": [_shown(session, principal.session_id) for session in found]})

    @ending.route(routes)
    def end_session(session_id: str) -> Response:
        principal = bearer_principal(Scope.ACCOUNT_MANAGE)
        ending.parameters()
        if not auth.log_out.one_of(principal.user_id, session_id):
            raise NotFound("No session of yours has this id.")
        return Response(status=204)

    @ending_all.route(routes)
    def end_sessions() -> Response:
        principal = bearer_principal(Scope.ACCOUNT_MANAGE)
        also_this = ending_all.parameters()["all"]
        ended = auth.log_out.all_but(principal.user_id, None if also_this else principal.session_id)
        return json_answer({"ended": ended})

    return routes


def _shown(session: Session, current: str) -> dict[str, Any]:
    return {
        "id": session.id,
        "device": session.device,
        "address": session.address,
        "door": session.door,
        "created_at": session.created_at,
        "last_used_at": session.last_seen_at,
        "ends_at": session.ends_at,
        "current": session.id == current,
    }
