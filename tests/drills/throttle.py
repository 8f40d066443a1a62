"""A process that gets less of the machine than it needs: stopped for most of each second, as a CPU quota does."""

from __future__ import annotations

import os
import signal
import threading
import time

from bench.cost import cpu_seconds

PERIOD_SECONDS = 0.5
LOOK_SECONDS = 0.005


class Throttle:
    """From its construction until `release` the process may take `share` of a processor's time, and no more.

    By SIGSTOP and SIGCONT, and by the time that it took and not that went by: on a busy machine it gets as much.
    """

    def __init__(self, pid: int, share: float) -> None:
        self._pid = pid
        self._share = share
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="throttle", daemon=True)
        self._thread.start()

    def release(self) -> None:
        """Let it go on as it likes."""
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        began, taken = time.monotonic(), cpu_seconds(self._pid)
        try:
            while not self._over.is_set():
                owed = (time.monotonic() - began) * self._share - (cpu_seconds(self._pid) - taken)
                os.kill(self._pid, signal.SIGCONT if owed > 0 else signal.SIGSTOP)
                self._over.wait(LOOK_SECONDS if owed > 0 else PERIOD_SECONDS)
        finally:
            os.kill(self._pid, signal.SIGCONT)
