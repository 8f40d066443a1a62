"""A person's notifications under /v1: read the request, call a use case, answer."""

from __future__ import annotations

from flask import Blueprint, Response

from contracts.access_token import Scope
from notification_service.presentation import view
from notification_service.routes.parameters import flag, order_before, whole_number
from notification_service.use_cases.inbox import Inbox
from service_kit.auth import bearer_principal
from service_kit.errors import NotFound
from service_kit.web import json_answer

PAGE_MAX = 100


def api_routes(inbox: Inbox) -> Blueprint:
    """The blueprint, with what it needs handed in."""
    api = Blueprint("api", __name__)

    @api.get("/v1/notifications")
    def list_notifications() -> Response:
        principal = bearer_principal(Scope.NOTIFICATIONS_READ)
        limit = whole_number("limit", 20, 1, PAGE_MAX)
        page = inbox.page(principal.user_id, order_before("cursor"), limit, unread=flag("unread"))
        return json_answer(
            {
                "notifications": [view(entry) for entry in page.entries],
                "next_cursor": page.next_before,
                "unread": page.unread,
            }
        )

    @api.post("/v1/notifications/<id>/read")
    def mark_read(id: str) -> Response:
        principal = bearer_principal(Scope.NOTIFICATIONS_WRITE)
        if not inbox.mark_read(principal.user_id, id):
            raise NotFound("No notification of yours has this id.")
        return Response(status=204)

    @api.post("/v1/notifications/read-all")
    def mark_all_read() -> Response:
        principal = bearer_principal(Scope.NOTIFICATIONS_WRITE)
        return json_answer({"read": inbox.mark_all_read(principal.user_id)})

    return api
