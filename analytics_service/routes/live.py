"""The live overview: GET /v1/live."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from analytics_service.filters import OthersFigures
from analytics_service.presentation import complete
from analytics_service.routes.asking import reader, selection_asked, whose
from analytics_service.use_cases.live import Figures, Live
from service_kit.errors import InvalidRequest
from service_kit.web import json_answer

PARAMETERS = ("zone", "currency", "type", "origin")


def live_routes(live: Live) -> Blueprint:
    """The blueprint, with what it needs handed in."""
    api = Blueprint("live", __name__)

    @api.get("/v1/live")
    def overview() -> Response:
        if whose(reader()) is not None:
            raise OthersFigures("The live overview is the whole platform's.")
        unknown = [name for name in request.args if name not in PARAMETERS]
        if unknown:
            raise InvalidRequest(f"The parameters are {', '.join(PARAMETERS)}.", parameter=unknown[0][:40])
        selection = selection_asked(None)
        now = live.overview(selection)
        body = {
            "figures_of": "platform",
            "filter": selection.as_asked(),
            "as_of": now.as_of,
            **complete(now.complete_upto),
            "today": _whole(now.today),
            "last_hour": _whole(now.last_hour),
            "minutes": [_brief(minute) for minute in now.minutes],
        }
        return json_answer(body)

    return api


def _whole(figures: Figures) -> dict[str, Any]:
    return {
        **_brief(figures),
        "to": figures.to,
        "posted_per_minute": round(figures.posted_per_minute, 3),
        "success_ratio": None if figures.success_ratio is None else round(figures.success_ratio, 6),
        "totals": [vars(total) for total in figures.totals],
        "reasons": [{"reason": reason, "transfers": transfers} for reason, transfers in figures.reasons],
    }


def _brief(figures: Figures) -> dict[str, Any]:
    return {"from": figures.from_, "posted": figures.posted, "rejected": figures.rejected}
