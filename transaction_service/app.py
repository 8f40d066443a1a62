"""The web process: `python -m transaction_service.app`."""

from __future__ import annotations

from flask import Flask

from service_kit.serve import Patience, serve
from transaction_service.settings import WebSettings
from transaction_service.wiring import web_application

PATIENCE = Patience(seconds=30, buffer_bytes=256 * 1024)
"""A statement is sent as it is read, so that a client who doesn't read it costs a thread until the kernel drops it:
docs/decisions/0037."""


def build_app() -> Flask:
    """The application, built in granian's worker."""
    return web_application(WebSettings.from_env())


def main() -> None:
    """Check the settings, then serve until told to stop."""
    serve(build_app, WebSettings.from_env(), patience=PATIENCE)


if __name__ == "__main__":
    main()
