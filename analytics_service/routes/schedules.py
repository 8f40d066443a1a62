"""Schedules under /v1: read the request, call a use case, answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from typing import Any

from flask import Blueprint, Response, url_for

from analytics_service.document import operations
from analytics_service.domain.job import Order
from analytics_service.domain.job_errors import NobodysSchedule
from analytics_service.domain.schedule import Every, Period, Rhythm, Schedule
from analytics_service.filters import zones
from analytics_service.presentation import told
from analytics_service.routes.asking import SERVICE_ROLE, reader, whose
from analytics_service.routes.ordering import mistaken, order_of
from analytics_service.use_cases.schedules import Schedules
from service_kit.auth import Principal
from service_kit.web import json_answer

DATES = ("from", "to")


def schedule_routes(schedules: Schedules) -> Blueprint:
    """The blueprint, with what it needs handed in."""
    api = Blueprint("schedules_api", __name__)
    make, listing = operations()["make_schedule"], operations()["list_schedules"]
    get, delete = operations()["get_schedule"], operations()["delete_schedule"]

    @make.route(api)
    def make_schedule() -> Response:
        person = _person()
        make.parameters()
        made = schedules.make(person.user_id, *wish_of(make.body(), whose(person)))
        return json_answer(schedule_view(made), 201, {"Location": url_for("schedules_api.get_schedule", id=made.id)})

    @listing.route(api)
    def list_schedules() -> Response:
        person = _person()
        listing.parameters()
        return json_answer({"schedules": [schedule_view(each) for each in schedules.all(person.user_id)]})

    @get.route(api)
    def get_schedule(id: str) -> Response:
        person = _person()
        get.parameters()
        return json_answer(schedule_view(schedules.one(person.user_id, id)))

    @delete.route(api)
    def delete_schedule(id: str) -> Response:
        person = _person()
        delete.parameters()
        schedules.delete(person.user_id, id)
        return Response(status=204)

    return api


def _person() -> Principal:
    principal = reader()
    if SERVICE_ROLE in principal.roles:
        raise NobodysSchedule
    return principal


def wish_of(body: Mapping[str, Any], viewer: str | None) -> tuple[Order, Period, Rhythm]:
    """What a body that obeys the document's NewSchedule asks for. Raises as `order_of` does."""
    zone, period = body["zone"], Period(body["period"])
    if zone not in zones():
        raise mistaken("zone", "is no time zone of IANA", "format")
    rhythm = Rhythm(Every(body["every"]), time.fromisoformat(body["at"]), zone, body["weekday"], body["day"])
    order = order_of(body, viewer)
    dated = next((name for name in DATES if name in order.filter), None)
    if period is not Period.ALL and dated:
        raise mistaken(f"filter/{dated}", "is what the period says", "period")
    return order, period, rhythm


def schedule_view(schedule: Schedule) -> dict[str, Any]:
    """A schedule as the API tells it, and its page shows it."""
    order, rhythm = schedule.order, schedule.rhythm
    view: dict[str, Any] = told(
        {
            "id": schedule.id,
            "report": order.report,
            "filter": dict(order.filter),
            "format": order.format,
            "limit": order.limit,
            "thresholds": dict(order.thresholds),
            "period": schedule.period,
            "every": rhythm.every,
            "at": rhythm.at.isoformat("minutes"),
            "weekday": rhythm.weekday if rhythm.every is Every.WEEK else None,
            "day": rhythm.day if rhythm.every is Every.MONTH else None,
            "zone": rhythm.zone,
            "created_at": schedule.created_at,
            "next_due": schedule.next_due,
            "last_due": schedule.last_due,
            "last_job": schedule.last_job,
        }
    )
    return view
