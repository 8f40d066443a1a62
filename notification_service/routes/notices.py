"""What services of the platform have a person told of: read the request, tell, answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response

from contracts.access_token import Scope
from contracts.moments import rfc3339
from contracts.notices import Kind
from notification_service.document import operations
from notification_service.domain import Channel, Notification, Report
from service_kit.auth import bearer_principal
from service_kit.errors import InvalidRequest


def notice_routes(tell: Callable[[Notification], None]) -> Blueprint:
    """The blueprint; `tell` stores one and sends it on, once, however often it is called with it."""
    api = Blueprint("notices", __name__)
    telling = operations()["tell_notice"]

    @telling.route(api)
    def tell_notice() -> Response:
        bearer_principal(Scope.NOTICES_WRITE)
        telling.parameters()
        tell(_notification(telling.body()))
        return Response(status=204)

    return api


def _notification(notice: dict[str, Any]) -> Notification:
    kind, report = Kind(notice["kind"]), notice["report"]
    if kind is Kind.REPORT_READY:
        _is_whole(report)
    kept_until = report.get("kept_until")
    return Notification(
        notice["event_id"],
        notice["user_id"],
        Channel.INBOX,
        kind,
        None,
        _moment(notice["occurred_at"]),
        report=Report(report["id"], report["name"], report.get("rows"), kept_until and rfc3339(_moment(kept_until))),
    )


def _is_whole(report: dict[str, Any]) -> None:
    mistakes = [
        {"pointer": f"#/report/{name}", "detail": "Needed of a report that is ready", "code": "required"}
        for name in ("rows", "kept_until")
        if name not in report
    ]
    if mistakes:
        raise InvalidRequest("The body does not have the expected shape.", errors=mistakes)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
