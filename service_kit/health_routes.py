"""`/healthz` and `/readyz` of a web application, in the same form as `service_kit.health` answers them elsewhere."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, Response

from service_kit.answers import json_answer
from service_kit.health import Check, failing


def health_routes(ready: Mapping[str, Check]) -> Blueprint:
    """Both routes. A check returns None when well, raises (its message is the reason) when not, within a second."""
    routes = Blueprint("health", __name__)

    @routes.get("/healthz")
    def healthz() -> Response:
        return json_answer({"status": "alive"})

    @routes.get("/readyz")
    def readyz() -> Response:
        reasons = failing(ready)
        checks = {name: reasons.get(name, "ok") for name in ready}
        status = "not ready" if reasons else "ready"
        return json_answer({"status": status, "checks": checks}, 503 if reasons else 200)

    return routes
