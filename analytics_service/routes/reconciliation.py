"""Do the reports agree with the ledger? /v1/reconciliation for programs, /reconciliation for analysts."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, redirect, render_template
from flask.typing import ResponseReturnValue

from analytics_service.document import operations
from analytics_service.domain.reconciliation import Interval
from analytics_service.filters import OthersFigures
from analytics_service.ports import Reconciliations
from analytics_service.routes.asking import reader, whose
from analytics_service.settings import WebSettings
from service_kit.auth import Principal, log_in_url, session_principal
from service_kit.web import json_answer, page_routes

SHOWN = 20


def reconciliation_routes(kept: Reconciliations) -> Blueprint:
    """The API."""
    api = Blueprint("reconciliation_api", __name__)
    asking = operations()["get_reconciliation"]

    @asking.route(api)
    def get_reconciliation() -> Response:
        _require_platform(reader())
        intervals = kept.latest(asking.parameters()["limit"])
        body = {"upto": kept.upto(), "breaks": kept.breaks(), "intervals": [_as_told(each) for each in intervals]}
        return json_answer(body)

    return api


def reconciliation_pages(kept: Reconciliations, settings: WebSettings) -> Blueprint:
    """The page."""
    routes = page_routes("reconciliation", __name__)

    @routes.get("/reconciliation")
    def page() -> ResponseReturnValue:
        principal = session_principal()
        if principal is None:
            return redirect(log_in_url(settings, settings.analytics_public_url))
        _require_platform(principal)
        intervals = kept.latest(SHOWN)
        return render_template(
            "reconciliation.html",
            upto=kept.upto(),
            counts=kept.breaks(),
            intervals=intervals,
            broken=[interval for interval in intervals if not interval.agrees],
        )

    return routes


def _require_platform(principal: Principal) -> None:
    if whose(principal) is not None:
        raise OthersFigures("The reconciliation is the whole platform's.")


def _as_told(interval: Interval) -> dict[str, Any]:
    breaks = [{name: value for name, value in asdict(each).items() if value is not None} for each in interval.breaks]
    # What one side doesn't know is told as null, unlike what a break is not about.
    for found, each in zip(breaks, interval.breaks, strict=True):
        found |= {"ledger": each.ledger, "reports": each.reports}
    return {
        "after": interval.after,
        "upto": interval.upto,
        "agrees": interval.agrees,
        "checked_at": interval.checked_at,
        "broken_since": interval.broken_since,
        "counts": dict(interval.counts),
        "breaks": breaks,
    }
