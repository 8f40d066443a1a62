"""The web process: `python -m notification_service.app`."""

from __future__ import annotations

from flask import Flask

from notification_service.settings import WebSettings
from notification_service.wiring.web import web_application
from service_kit.serve import serve


def build_app() -> Flask:
    """The application, built in granian's worker."""
    return web_application(WebSettings.from_env())


def main() -> None:
    """Check the settings, then serve until told to stop."""
    serve(build_app, WebSettings.from_env())


if __name__ == "__main__":
    main()
