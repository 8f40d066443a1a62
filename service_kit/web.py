"""The web application that every service starts from; its routes are all that a service adds.

This is the one door to the kit's web parts: services import from here, from `errors` and from `auth`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from flask import Flask
from prometheus_client import CollectorRegistry
from prometheus_flask_exporter import PrometheusMetrics
from pydantic import SecretStr

from service_kit.answers import json_answer
from service_kit.apidocs import install_apidocs
from service_kit.bodies import Body, read_json
from service_kit.cookies import PageSessions
from service_kit.csp import PagePolicy
from service_kit.edge import Edge
from service_kit.env import Settings
from service_kit.health import Check
from service_kit.health_routes import health_routes
from service_kit.outages import install_outage_answers
from service_kit.pages import install_pages, page_routes
from service_kit.problems import install_problem_answers, problem_response
from service_kit.readiness import Readiness

__all__ = ["Body", "create_web_app", "json_answer", "page_routes", "problem_response", "read_json"]

BODY_LIMIT_BYTES = 64 * 1024
ASSETS_SECONDS = 3600
READINESS = "fintech.readiness"
"""The extension that looks whether the application is ready, once `start`ed: `service_kit.serve` does."""
LATENCY_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""Seconds; 0.25 is the promise for transfers, so it must be an edge."""


class _SyncFlask(Flask):
    """Flask without the question, asked six times a request, whether a view or hook is a coroutine: none is."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func


def create_web_app(
    import_name: str,
    settings: Settings,
    *,
    secret_key: SecretStr,
    registry: CollectorRegistry,
    readiness: Mapping[str, Check],
    openapi: Path,
    connect_targets: Sequence[str] = (),
) -> Flask:
    """Return an application with everything that isn't a route.

    Args:
        import_name: the service's package, `auth_service`; its `templates/` are found by it.
        secret_key: signs the cookie with the CSRF token, named `<service>_web` after the package.
        registry: a fresh one for each application; `/metrics` shows it.
        readiness: what `/readyz` asks.
        openapi: the service's OpenAPI 3 document, served at /openapi.json and /apidocs.
        connect_targets: origins beside its own that a script of its pages may talk to.
    """
    app = _SyncFlask(import_name)
    https = all(origin.startswith("https://") for origin in settings.public_origins)
    app.config.update(
        SECRET_KEY=secret_key.get_secret_value(),
        MAX_CONTENT_LENGTH=BODY_LIMIT_BYTES,  # werkzeug holds chunked bodies to it as well
        SEND_FILE_MAX_AGE_DEFAULT=ASSETS_SECONDS,
        SESSION_COOKIE_NAME=f"{import_name.removesuffix('_service')}_web",
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=https,
    )
    app.session_interface = PageSessions()
    app.url_map.strict_slashes = False
    app.json.sort_keys = False  # type: ignore[attr-defined]  # the API's document keeps its author's order
    # Before anything that may refuse a request, so that a refusal has a latency too.
    PrometheusMetrics(app, group_by="url_rule", registry=registry, buckets=LATENCY_BUCKETS)
    install_problem_answers(app)
    install_outage_answers(app)
    install_pages(app, settings)
    app.register_blueprint(health_routes(readiness))
    app.extensions[READINESS] = Readiness(readiness)
    registry.register(app.extensions[READINESS])
    install_apidocs(app, openapi)
    policy = PagePolicy(settings.public_origins, connect_targets)
    app.wsgi_app = Edge(  # type: ignore[method-assign]
        app.wsgi_app, policy, https=https, trusted=settings.trusted_proxies
    )
    return app
