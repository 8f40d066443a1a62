"""Waiting for what another thread or process is about to do: ask again until it is so, never sleep and hope."""

from __future__ import annotations

import time
from collections.abc import Callable

PAUSE_SECONDS = 0.02
TIMEOUT_SECONDS = 30
"""For one request. That it is quick is promised and measured elsewhere; a busy machine must not decide a test."""


def eventually(condition: Callable[[], object], *, what: str, within_seconds: float = 20.0) -> None:
    """Return once `condition()` is true; fail, naming `what`, when it isn't so in time."""
    deadline = time.monotonic() + within_seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within_seconds:g} s: {what}")
        time.sleep(PAUSE_SECONDS)
