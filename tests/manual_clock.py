"""A clock that moves only when told to, for every test that has to do with time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class ManualClock:
    """Begins at `start`; `sleep` moves it and remembers what was asked for."""

    def __init__(self, start: datetime = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)) -> None:
        self._start = start
        self._elapsed = 0.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        return self._elapsed

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        self._elapsed += seconds
