"""What those who watch the pipeline ask: has every event of these positions been told, and what became of one."""

from __future__ import annotations

from flask import Blueprint, Response

from contracts.access_token import Scope
from contracts.moments import rfc3339
from notification_service.document import operations
from notification_service.domain import Stored
from notification_service.ports import Deliveries, Notifications
from notification_service.routes.deliveries import delivery_view
from service_kit.auth import bearer_principal
from service_kit.errors import InvalidRequest, NotFound
from service_kit.web import json_answer


def pipeline_routes(store: Notifications, deliveries: Deliveries) -> Blueprint:
    """The blueprint, with what it needs handed in."""
    api = Blueprint("pipeline", __name__)
    covering, telling = operations()["get_coverage"], operations()["get_event"]

    @covering.route(api)
    def coverage() -> Response:
        bearer_principal(Scope.PIPELINE_READ)
        asked = covering.parameters()
        after, upto = asked["after"], asked["upto"]
        if after > upto:
            mistake = {"parameter": "after", "detail": "is above `upto`", "code": "range"}
            raise InvalidRequest("The range ends before it begins.", errors=[mistake])
        found = store.coverage(after, upto)
        return json_answer({"after": after, "upto": upto, "events": found.events, "notifications": found.notifications})

    @telling.route(api)
    def event(event_id: str) -> Response:
        bearer_principal(Scope.PIPELINE_READ)
        telling.parameters()
        found = store.of_event(event_id)
        if not found:
            raise NotFound("Nobody was told of an event of this id.")
        position = found[0].notification.position
        return json_answer(
            {
                "event_id": event_id,
                "position": position,
                "notifications": [_row(stored) for stored in found],
                "deliveries": [delivery_view(each) for each in deliveries.of_event(event_id)],
            }
        )

    return api


def _row(stored: Stored) -> dict[str, object]:
    return {
        "user_id": stored.notification.user_id,
        "kind": stored.notification.kind,
        "channel": stored.notification.channel,
        "consumed_at": rfc3339(stored.consumed_at),
        "created_at": rfc3339(stored.created_at),
        "read_at": stored.read_at and rfc3339(stored.read_at),
    }
