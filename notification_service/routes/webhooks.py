"""A person's webhooks under /v1: read the request, call a use case, answer."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from flask import Blueprint, Response

from contracts.access_token import Scope
from contracts.moments import rfc3339
from notification_service.document import operations
from notification_service.domain import DeliveryRecord, DeliveryState
from notification_service.domain.endpoint import Endpoint
from notification_service.use_cases.webhooks import Webhooks, Wish
from notification_service.webhooks.message import message_id
from service_kit.auth import bearer_principal
from service_kit.clock import Clock
from service_kit.web import json_answer

SHOWN_ONCE = {"Cache-Control": "no-store"}


def webhook_routes(webhooks: Webhooks, clock: Clock) -> Blueprint:
    """The blueprint, with what it needs handed in."""
    api = Blueprint("webhook_api", __name__)
    _about_endpoints(api, webhooks, clock)
    _about_deliveries(api, webhooks, clock)
    return api


def _about_endpoints(api: Blueprint, webhooks: Webhooks, clock: Clock) -> None:
    list_all, create = operations()["list_webhooks"], operations()["create_webhook"]
    get, change, delete = (operations()[f"{act}_webhook"] for act in ("get", "change", "delete"))
    rotate = operations()["rotate_webhook_secret"]

    @list_all.route(api)
    def list_webhooks() -> Response:
        principal = bearer_principal(Scope.NOTIFICATIONS_READ)
        list_all.parameters()
        return json_answer({"webhooks": [view(each, clock.now()) for each in webhooks.all(principal.user_id)]})

    @create.route(api)
    def create_webhook() -> Response:
        principal = bearer_principal(Scope.NOTIFICATIONS_WRITE)
        create.parameters()
        body = create.body()
        made = webhooks.create(principal.user_id, Wish(body["url"], body["description"], body.get("kinds")))
        return _with_secret(*made, clock.now(), 201)

    @get.route(api)
    def get_webhook(id: str) -> Response:
        principal = bearer_principal(Scope.NOTIFICATIONS_READ)
        get.parameters()
        return json_answer(view(webhooks.one(principal.user_id, id), clock.now()))

    @change.route(api)
    def change_webhook(id: str) -> Response:
        principal = bearer_principal(Scope.NOTIFICATIONS_WRITE)
        change.parameters()
        body, known = change.body(), webhooks.one(principal.user_id, id)
        wish = Wish(body.get("url", known.url), body.get("description", known.description), _kinds(body, known))
        changed = webhooks.change(principal.user_id, id, wish)
        if "enabled" in body:
            changed = webhooks.switch(principal.user_id, id, body["enabled"])
        return json_answer(view(changed, clock.now()))

    @delete.route(api)
    def delete_webhook(id: str) -> Response:
        principal = bearer_principal(Scope.NOTIFICATIONS_WRITE)
        delete.parameters()
        webhooks.delete(principal.user_id, id)
        return Response(status=204)

    @rotate.route(api)
    def rotate_webhook_secret(id: str) -> Response:
        principal = bearer_principal(Scope.NOTIFICATIONS_WRITE)
        rotate.parameters()
        return _with_secret(*webhooks.rotate(principal.user_id, id), clock.now(), 200)


def _about_deliveries(api: Blueprint, webhooks: Webhooks, clock: Clock) -> None:
    test, log, resend = (
        operations()[id] for id in ("test_webhook", "list_webhook_deliveries", "resend_webhook_delivery")
    )

    @test.route(api)
    def test_webhook(id: str) -> Response:
        principal = bearer_principal(Scope.NOTIFICATIONS_WRITE)
        test.parameters()
        ordered = webhooks.test(principal.user_id, id)
        return json_answer(delivery_view(ordered, webhooks.one(principal.user_id, id), clock.now()), 202)

    @log.route(api)
    def list_webhook_deliveries(id: str) -> Response:
        principal, asked = bearer_principal(Scope.NOTIFICATIONS_READ), log.parameters()
        endpoint, now = webhooks.one(principal.user_id, id), clock.now()
        page = webhooks.log(principal.user_id, id, asked.get("cursor"), asked["limit"])
        told = [delivery_view(each, endpoint, now) for each in page.records]
        return json_answer({"deliveries": told, "next_cursor": page.next_before})

    @resend.route(api)
    def resend_webhook_delivery(id: str, delivery_id: str) -> Response:
        principal = bearer_principal(Scope.NOTIFICATIONS_WRITE)
        resend.parameters()
        ordered = webhooks.resend(principal.user_id, id, delivery_id)
        return json_answer(delivery_view(ordered, webhooks.one(principal.user_id, id), clock.now()), 202)


def _kinds(body: dict[str, Any], known: Endpoint) -> list[str] | None:
    """What the body says; else as they were."""
    if "kinds" in body:
        kinds: list[str] | None = body["kinds"]
        return kinds
    return None if known.kinds is None else sorted(known.kinds)


def _with_secret(endpoint: Endpoint, secret: str, now: datetime, status: int) -> Response:
    return json_answer({"webhook": view(endpoint, now), "secret": secret}, status, SHOWN_ONCE)


def view(endpoint: Endpoint, now: datetime) -> dict[str, Any]:
    """An endpoint as the API tells it, and the page shows it. Its secrets are in no answer but their first."""
    previous_until = endpoint.previous_until(now)
    return {
        "id": endpoint.id,
        "url": endpoint.url,
        "description": endpoint.description,
        "kinds": None if endpoint.kinds is None else sorted(endpoint.kinds),
        "enabled": endpoint.disabled is None,
        "disabled_reason": endpoint.disabled,
        "disabled_at": endpoint.disabled_at and rfc3339(endpoint.disabled_at),
        "failing_since": endpoint.failing and rfc3339(endpoint.failing.since),
        "previous_secret_until": previous_until and rfc3339(previous_until),
        "created_at": rfc3339(endpoint.created_at),
    }


def delivery_view(record: DeliveryRecord, endpoint: Endpoint, now: datetime) -> dict[str, Any]:
    """A line of the log. What is due has no moment of a next attempt: it begins as soon as it may, which is not while
    the endpoint rests after failures."""
    told = record.delivery.notification
    pending = record.state == DeliveryState.PENDING
    due = pending and record.next_attempt_at <= now
    return {
        "id": record.delivery.id,
        "webhook_id": message_id(record.delivery.id),
        "kind": told.kind,
        "event_id": told.event_id,
        "state": record.state,
        "cause": record.cause,
        "created_at": rfc3339(record.created_at),
        "next_attempt_at": rfc3339(record.next_attempt_at) if pending and not due else None,
        "resting": due and not record.delivery.asked and endpoint.failing is not None,
        "finished_at": record.finished_at and rfc3339(record.finished_at),
        "attempts": [asdict(attempt) | {"at": rfc3339(attempt.at)} for attempt in record.attempts],
    }
