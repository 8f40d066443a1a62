"""An outage in two lines of the log, however long it lasts: one when it begins, one when it is over."""

from __future__ import annotations

from typing import Any


class OutageLog:
    """For whatever tries again and again: tell it how each try ended. Threads that tell it at once may say it twice."""

    def __init__(self, log: Any, begins: str, over: str) -> None:
        """`log`: a structlog logger; `begins` (a warning) and `over` (an info) name the two events."""
        self._log = log
        self._begins = begins
        self._over = over
        self._lasts = False

    def failed(self, error: Exception) -> None:
        """A try failed. The first one's reason is what is logged."""
        if not self._lasts:
            self._lasts = True
            self._log.warning(self._begins, error=type(error).__name__, detail=str(error))

    def succeeded(self) -> None:
        """A try went well."""
        if self._lasts:
            self._lasts = False
            self._log.info(self._over)
