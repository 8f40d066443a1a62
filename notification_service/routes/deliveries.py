"""Deliveries for programs: one's own, and everybody's for those who administer the platform."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from contracts.access_token import Scope
from contracts.moments import rfc3339
from notification_service.document import operations
from notification_service.domain import Attempt, DeliveryRecord, DeliveryState
from notification_service.use_cases.outgoing import Outgoing
from service_kit.auth import bearer_principal
from service_kit.web import json_answer


def delivery_routes(outgoing: Outgoing) -> Blueprint:
    """The blueprint, with what it needs handed in."""
    api = Blueprint("deliveries", __name__)
    listing = operations()["list_deliveries"]
    redriving, redriving_all = operations()["redrive_delivery"], operations()["redrive_dead"]

    @listing.route(api)
    def list_deliveries() -> Response:
        principal = bearer_principal(Scope.NOTIFICATIONS_READ)
        asked = listing.parameters()
        everybody = asked["whose"] == "everybody"
        if everybody:
            bearer_principal(Scope.DELIVERIES_MANAGE)
        state = DeliveryState(asked["state"]) if "state" in asked else None
        owner = None if everybody else principal.user_id
        page = outgoing.page(asked.get("cursor"), asked["limit"], state, owner)
        return json_answer(
            {"deliveries": [delivery_view(each) for each in page.records], "next_cursor": page.next_before}
        )

    @redriving.route(api)
    def redrive_delivery(id: str) -> Response:
        principal = bearer_principal(Scope.DELIVERIES_MANAGE)
        redriving.parameters()
        outgoing.redrive(id, principal.user_id)
        return Response(status=204)

    @redriving_all.route(api)
    def redrive_dead() -> Response:
        principal = bearer_principal(Scope.DELIVERIES_MANAGE)
        redriving_all.parameters()
        wanted = redriving_all.body()  # one of all, channel and target
        count = outgoing.redrive_dead(principal.user_id, wanted.get("channel"), wanted.get("target"))
        return json_answer({"redriven": count})

    return api


def delivery_view(record: DeliveryRecord) -> dict[str, Any]:
    """How it went, and never what was told: that is its person's."""
    told = record.delivery.notification
    return {
        "id": record.delivery.id,
        "channel": told.channel,
        "target": record.delivery.target or None,
        "kind": told.kind,
        "event_id": told.event_id,
        "user_id": told.user_id,
        "state": record.state,
        "cause": record.cause,
        "occurred_at": rfc3339(told.occurred_at),
        "created_at": rfc3339(record.created_at),
        "next_attempt_at": rfc3339(record.next_attempt_at) if record.state == DeliveryState.PENDING else None,
        "finished_at": record.finished_at and rfc3339(record.finished_at),
        "attempts": [attempt_view(each) for each in record.attempts],
    }


def attempt_view(attempt: Attempt) -> dict[str, Any]:
    """One try."""
    return {
        "at": rfc3339(attempt.at),
        "outcome": attempt.outcome,
        "status": attempt.status,
        "latency_ms": attempt.latency_ms,
        "cause": attempt.cause,
    }
