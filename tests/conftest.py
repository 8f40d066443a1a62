"""What every test has in common."""

from __future__ import annotations

import pytest
import structlog
from hypothesis import HealthCheck, settings

# A machine that is busy makes no example wrong: Hypothesis' limits of time would fail a test for what runs beside it.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.fixture(autouse=True)
def plain_logs() -> None:
    """Logs as plain lines: structlog's default draws every exception in a frame, which takes longer than the test."""
    structlog.configure(
        processors=[structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)],
        logger_factory=structlog.PrintLoggerFactory(),
        cache_logger_on_first_use=False,
    )
