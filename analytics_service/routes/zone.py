"""The time zone that a reader looked at last: pages that are opened without any filter go by it.

A link with a filter says its own zone, or means UTC by saying none: so it shows the same to everybody.
"""

from __future__ import annotations

from flask import Response, request
from werkzeug.datastructures import MultiDict

from analytics_service.filters import zones

COOKIE = "analytics_zone"
KEPT_SECONDS = 365 * 24 * 3600


def asked_or_remembered() -> MultiDict[str, str]:
    """The query; of a page that is opened without one, the zone alone."""
    if request.args:
        return request.args
    zone = remembered()
    return MultiDict([("zone", zone)] if zone else [])


def remembered() -> str | None:
    """The zone, where this machine knows it."""
    zone = request.cookies.get(COOKIE)
    return zone if zone in zones() else None


def remember(answer: Response) -> Response:
    """After a page that was asked for a zone and had it; an empty one is UTC again."""
    zone = request.args.get("zone")
    if zone is not None and answer.status_code == 200:
        answer.set_cookie(
            COOKIE, zone.strip() or "UTC", KEPT_SECONDS, httponly=True, samesite="Lax", secure=request.is_secure
        )
    return answer
