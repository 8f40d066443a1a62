"""Leaving a store alone for a moment after it has failed."""

from __future__ import annotations

import time
from collections.abc import Callable

SECONDS = 1.0


class Pause:
    """For a store that one can do without: a frozen one would cost each request its whole time limit.

    `clock`: seconds, monotonic.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until = float("-inf")

    def begin(self) -> None:
        """It has just failed."""
        self._until = self._clock() + SECONDS

    @property
    def lasts(self) -> bool:
        """Whether to do without it still."""
        return self._clock() < self._until
