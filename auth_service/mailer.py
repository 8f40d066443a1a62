"""The mailer process, `python -m auth_service.mailer`: sends the letters that auth has ordered."""

from __future__ import annotations

from auth_service.settings import MailerSettings
from auth_service.wiring import SERVICE, connect_mailer
from service_kit.observability import observe
from service_kit.process import run


def main() -> int:
    """Run until stopped; return the exit code."""
    settings = MailerSettings.from_env()
    registry = observe(SERVICE, "mailer", settings)
    parts = connect_mailer(settings, registry)
    return run(
        "auth-mailer",
        parts.mailer.run,
        host=settings.http_host,
        port=settings.http_port,
        registry=registry,
        ready=parts.ready,
        progress=parts.mailer.progress,
    )


if __name__ == "__main__":
    raise SystemExit(main())
