"""Time as an argument: whatever waits or stamps is handed a clock, so that tests decide what time it is."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """The three things code asks of time. Tests hand in one that moves only when told to."""

    def now(self) -> datetime:
        """The wall clock, aware, in UTC: for what is stored or shown. It may jump."""

    def monotonic(self) -> float:
        """Seconds since some fixed moment; never goes backwards: for durations and deadlines."""

    def sleep(self, seconds: float) -> None:
        """Return after `seconds`."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)
