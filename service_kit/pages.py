"""What pages share: the look (templates and assets of this package), languages, CSRF, the navigation."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, current_app, request, url_for
from flask_babel import Babel, get_locale
from flask_bootstrap import Bootstrap5
from flask_wtf.csrf import CSRFProtect

from service_kit.csp import csp_nonce
from service_kit.env import Settings
from service_kit.presentation import install_filters

LANGUAGES = ("en",)
FORM_LIFETIME_SECONDS = 12 * 3600
_HERE = Path(__file__).parent
_csrf = CSRFProtect()


def page_routes(name: str, import_name: str, **options: Any) -> Blueprint:
    """A blueprint for pages: every POST to it needs its CSRF token (form field `csrf_token`).

    API routes belong in a plain Blueprint: they are called with a bearer token, which no browser adds by itself,
    and pay for no check.
    """
    routes = Blueprint(name, import_name, **options)
    routes.before_request(_csrf.protect)
    return routes


def install_pages(app: Flask, settings: Settings) -> None:
    """Give `app` the shared templates (`base.html`, `kit/...`), assets, filters, Bootstrap's macros, gettext, CSRF."""
    app.config.update(
        BOOTSTRAP_SERVE_LOCAL=True,
        WTF_CSRF_CHECK_DEFAULT=False,  # `page_routes` checks, so that API routes don't
        WTF_CSRF_TIME_LIMIT=FORM_LIFETIME_SECONDS,
    )
    # Registered before all others: these templates also replace those that extensions bring.
    app.register_blueprint(
        Blueprint("kit", __name__, template_folder="templates", static_folder="static", static_url_path="/kit")
    )
    Bootstrap5(app)
    Babel(app, locale_selector=_language)
    _csrf.init_app(app)
    install_filters(app)
    app.jinja_env.globals.update(
        analytics_url=settings.analytics_public_url,
        asset=_asset,
        auth_url=settings.auth_public_url,
        chart_assets=_no_charts,
        csp_nonce=csp_nonce,
        language=get_locale,
        monitoring_url=settings.monitoring_public_url,
        notification_url=settings.notification_public_url,
        own_asset=_own_asset,
        transaction_url=settings.transaction_public_url,
        viewer=_nobody,
    )


def _language() -> str | None:
    return request.accept_languages.best_match(LANGUAGES)


def _asset(filename: str) -> str:
    """The URL of a file in the kit's static/, changing with its content, so that browsers may keep it."""
    return url_for("kit.static", filename=filename, v=_fingerprint(_HERE / "static" / filename))


def _own_asset(filename: str) -> str:
    """The same for a file in the service's own static/."""
    return url_for("static", filename=filename, v=_fingerprint(Path(current_app.static_folder or "") / filename))


@cache
def _fingerprint(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def _nobody() -> None:
    """Who is signed in, until `service_kit.auth.install_access` knows better."""


def _no_charts() -> None:
    """What a page's charts need, until `service_kit.charts.install_charts` knows better."""
