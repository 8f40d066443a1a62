"""A process that asks itself something every second, so that no request is forgotten in granian's queue.

Granian starts a thread for a request when more are queued than threads are idle, and a thread still counts as idle for
a moment after it has taken its work. What comes in that moment stays queued until the next request comes, and then it
may be that one which stays. Where requests are short nobody notices; but a stream keeps its thread for hours, and a
body that is slow to come for as long as its client likes. docs/decisions/0054 has the measurement.
"""

from __future__ import annotations

import http.client
import threading

from service_kit.logging import get_logger
from service_kit.outage_log import OutageLog

PERIOD_SECONDS = 1.0
ANSWER_SECONDS = 1.0
"""How long one question waits before the next is asked: it may itself be what stays in the queue."""
_ASKED_AT = {"0.0.0.0": "127.0.0.1", "::": "::1"}
log = get_logger(__name__)


class Knocker:
    """Asks `/healthz` of this process, in a daemon thread."""

    def __init__(self, host: str, port: int, period_seconds: float = PERIOD_SECONDS) -> None:
        """`host` and `port`: what the process listens on."""
        self._address = _ASKED_AT.get(host, host), port
        self._period_seconds = period_seconds
        self._stop = threading.Event()
        self._outage = OutageLog(log, begins="own_question_unanswered", over="own_question_answered")
        self._thread = threading.Thread(target=self._knock_on, name="knocker", daemon=True)

    def start(self) -> None:
        """Ask until `stop`, or until the process ends."""
        self._thread.start()

    def stop(self) -> None:
        """No further question; returns when the one under way is answered or given up."""
        self._stop.set()
        self._thread.join()

    def _knock_on(self) -> None:
        while not self._stop.wait(self._period_seconds):
            try:
                self._ask()
            except ConnectionRefusedError:
                continue  # The process doesn't listen yet, or not any more: nothing can be queued.
            except (OSError, http.client.HTTPException) as error:
                self._outage.failed(error)
            else:
                self._outage.succeeded()

    def _ask(self) -> None:
        connection = http.client.HTTPConnection(*self._address, timeout=ANSWER_SECONDS)
        try:
            connection.request("GET", "/healthz", headers={"User-Agent": "knocker"})
            connection.getresponse().read()
        finally:
            connection.close()
