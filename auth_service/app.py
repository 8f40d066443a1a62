"""The web process: `python -m auth_service.app`."""

from __future__ import annotations

from functools import partial

import structlog
from flask import Flask
from prometheus_client import CollectorRegistry

from auth_service.admin_pages import admin_pages
from auth_service.admin_routes import admin_routes
from auth_service.assembly import Auth
from auth_service.data_routes import data_pages, data_routes
from auth_service.document import OPENAPI
from auth_service.domain import scopes_of
from auth_service.email_change_pages import email_change_pages
from auth_service.email_pages import email_pages
from auth_service.email_routes import email_routes
from auth_service.entrance import entrance, log_out_page
from auth_service.factor_pages import factor_pages, second_step_pages
from auth_service.pages import pages
from auth_service.password_pages import password_pages
from auth_service.password_routes import password_routes
from auth_service.routes import api_routes
from auth_service.second_factor_routes import second_factor_routes
from auth_service.session_routes import session_routes
from auth_service.settings import WebSettings
from auth_service.standing_routes import standing_routes
from auth_service.token_routes import token_routes
from auth_service.use_cases.log_in import entry_of
from auth_service.wiring import SERVICE, connect
from service_kit import mongo, tracing
from service_kit.auth import Access, Principal, install_access
from service_kit.errors import AuthUnavailable
from service_kit.health import Check
from service_kit.observability import observe
from service_kit.serve import serve
from service_kit.web import create_web_app

_log = structlog.get_logger(__name__)


def create_app(auth: Auth, settings: WebSettings, registry: CollectorRegistry, ready: dict[str, Check]) -> Flask:
    """The application over given parts; tests hand in fakes."""
    app = create_web_app(
        SERVICE, settings, secret_key=settings.secret_key, registry=registry, readiness=ready, openapi=OPENAPI
    )
    install_access(app, Access(auth.introspect, partial(_principal, auth)))
    app.register_blueprint(api_routes(auth))
    app.register_blueprint(second_factor_routes(auth))
    app.register_blueprint(session_routes(auth))
    app.register_blueprint(token_routes(auth))
    app.register_blueprint(email_routes(auth))
    app.register_blueprint(password_routes(auth))
    app.register_blueprint(data_routes(auth))
    app.register_blueprint(data_pages(auth, settings))
    app.register_blueprint(admin_routes(auth))
    app.register_blueprint(standing_routes(auth))
    app.register_blueprint(admin_pages(auth, settings))
    app.register_blueprint(pages(auth, settings))
    app.register_blueprint(email_pages(auth, settings))
    app.register_blueprint(email_change_pages(auth, settings))
    app.register_blueprint(password_pages(auth, settings))
    app.register_blueprint(entrance(auth, settings))
    app.register_blueprint(log_out_page(auth, settings))
    app.register_blueprint(second_step_pages(auth, settings))
    app.register_blueprint(factor_pages(auth, settings))
    return app


def _principal(auth: Auth, cookie: str) -> Principal | None:
    """Who has the cookie. Raises AuthUnavailable, as in the other services: every page asks, also one that tells of
    a failure, which must be shown.
    """
    try:
        session = auth.introspect.session(cookie)
    except mongo.AWAY as away:
        _log.warning("store_unavailable", error=type(away).__name__)
        raise AuthUnavailable from away
    if session is None:
        return None
    entry = entry_of(session)
    scopes = scopes_of(entry.roles)
    return Principal(entry.user_id, entry.username, entry.roles, scopes, entry.session_id, entry.stepped_up_at)


def build_app() -> Flask:
    """Called in granian's worker."""
    settings = WebSettings.from_env()
    registry = observe(SERVICE, "web", settings)
    tracing.instrument_stores()
    auth, client = connect(settings, registry)
    ready: dict[str, Check] = {"mongo": partial(mongo.ping, client), "signing_key": partial(_has_key, auth)}
    return create_app(auth, settings, registry, ready)


def _has_key(auth: Auth) -> None:
    auth.keys.current()


def main() -> None:
    """Serve until stopped. Settings are read here too, so that a mistake stops the start and not a worker."""
    serve(build_app, WebSettings.from_env())


if __name__ == "__main__":
    main()
