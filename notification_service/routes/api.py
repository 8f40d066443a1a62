"""The inbox for programs."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response

from contracts.access_token import Scope
from notification_service.document import operations
from notification_service.presentation import View
from notification_service.routes.parameters import filter_of
from notification_service.use_cases.inbox import Inbox
from notification_service.use_cases.marks import Marks
from service_kit.auth import bearer_principal
from service_kit.errors import NotFound
from service_kit.web import json_answer


def api_routes(inbox: Inbox, marks: Marks, view: View) -> Blueprint:
    """The blueprint, with what it needs handed in."""
    api = Blueprint("api", __name__)
    _add_reading(api, inbox, view)
    _add_marking(api, marks)
    return api


def _add_reading(api: Blueprint, inbox: Inbox, view: View) -> None:
    listing, counting = operations()["list_notifications"], operations()["count_unread"]

    @listing.route(api)
    def list_notifications() -> Response:
        principal = bearer_principal(Scope.NOTIFICATIONS_READ)
        asked = listing.parameters()
        page = inbox.page(principal.user_id, asked.get("cursor"), asked["limit"], filter_of(asked))
        return json_answer(
            {
                "notifications": [view(entry) for entry in page.entries],
                "next_cursor": page.next_before,
                "unread": page.unread,
            }
        )

    @counting.route(api)
    def count_unread() -> Response:
        principal = bearer_principal(Scope.NOTIFICATIONS_READ)
        counting.parameters()
        return json_answer({"unread": inbox.unread(principal.user_id)})


def _add_marking(api: Blueprint, marks: Marks) -> None:
    of_one: dict[str, Callable[[str, str], bool]] = {
        "mark_read": marks.read,
        "mark_unread": marks.unread,
        "archive": marks.archive,
        "unarchive": marks.unarchive,
    }
    for operation_id, mark in of_one.items():
        _add_mark(api, operation_id, mark)
    marking_all = operations()["mark_all_read"]

    @marking_all.route(api)
    def mark_all_read() -> Response:
        principal = bearer_principal(Scope.NOTIFICATIONS_WRITE)
        marking_all.parameters()
        return json_answer({"read": marks.read_all(principal.user_id)})


def _add_mark(api: Blueprint, operation_id: str, mark: Callable[[str, str], bool]) -> None:
    marking = operations()[operation_id]

    @marking.route(api)
    def mark_one(id: str) -> Response:
        principal = bearer_principal(Scope.NOTIFICATIONS_WRITE)
        marking.parameters()
        if not mark(principal.user_id, id):
            raise NotFound("No notification of yours has this id.")
        return Response(status=204)
