"""The live streams, one thread each: `python -m notification_service.live`.

A process of its own, so that a thousand people who look at their inbox take nothing from those who use the API.
"""

from __future__ import annotations

from flask import Flask

from notification_service.settings import LiveSettings
from notification_service.wiring.live import live_application
from service_kit.serve import Patience, serve

SPARE_THREADS = 16
"""For health, metrics, and refusing the stream that is one too many."""

PATIENCE = Patience(seconds=30, buffer_bytes=64 * 1024)
"""A client that doesn't read costs a thread until the kernel drops it, and comes back with the last id that it read:
docs/decisions/0037."""


def build_app() -> Flask:
    """The application, built in granian's worker."""
    return live_application(LiveSettings.from_env())


def main() -> None:
    """Check the settings, then serve until told to stop."""
    settings = LiveSettings.from_env()
    serve(build_app, settings, threads=settings.live_streams_max + SPARE_THREADS, patience=PATIENCE)


if __name__ == "__main__":
    main()
