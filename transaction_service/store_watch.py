"""Whether MongoDB answers, known at any moment: so that a request is refused at once while nothing could be decided.

A command waits for its answer as long as a takeover may last. Where MongoDB itself is away no takeover helps, and
people should be told within two seconds. A server that is frozen keeps its connections: only an answer tells.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from pymongo.errors import PyMongoError

from service_kit.clock import Clock, SystemClock
from service_kit.logging import get_logger
from service_kit.outage_log import OutageLog
from transaction_service.ledger_client import LedgerUnavailable

log = get_logger(__name__)

PERIOD_SECONDS = 0.5
SILENT_SECONDS = 1.4
"""Longer than a ping may take: one that is merely slow doesn't refuse anybody."""


class StoreWatch:
    """Pings the store in a thread of its own. `ping` raises PyMongoError within a second."""

    def __init__(self, ping: Callable[[], None], clock: Clock | None = None) -> None:
        self._ping = ping
        self._clock = clock or SystemClock()
        self._answered_at = self._clock.monotonic()
        self._outage = OutageLog(log, "store_silent", "store_answers")

    def start(self) -> None:
        """Look on until the process ends."""
        threading.Thread(target=self._look_on, name="store-watch", daemon=True).start()

    def look(self) -> None:
        """Ping once."""
        try:
            self._ping()
        except PyMongoError as error:
            self._outage.failed(error)
        else:
            self._answered_at = self._clock.monotonic()
            self._outage.succeeded()

    def require(self) -> None:
        """Raises LedgerUnavailable while the store has been silent for SILENT_SECONDS."""
        silent = self._clock.monotonic() - self._answered_at
        if silent > SILENT_SECONDS:
            raise LedgerUnavailable(f"MongoDB has not answered for {silent:.1f} s")

    def _look_on(self) -> None:
        while True:
            self.look()
            self._clock.sleep(PERIOD_SECONDS)
