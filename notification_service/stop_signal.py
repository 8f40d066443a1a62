"""Hearing SIGTERM in granian's worker, whose handlers are set after the application was built and can't be replaced."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable

_STOPS = (signal.SIGTERM, signal.SIGINT)


def on_stop_signal(stop: Callable[[], None]) -> None:
    """Call `stop` in a thread of its own when the process is told to end. Only in the main thread of a process.

    Python writes the number of each signal that has a handler to the wakeup descriptor, whoever the handler belongs to.
    """
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    signal.set_wakeup_fd(theirs.detach(), warn_on_full_buffer=False)

    def listen() -> None:
        with ours:
            while number := ours.recv(1):
                if number[0] in _STOPS:
                    stop()

    threading.Thread(target=listen, name="stop-signal", daemon=True).start()
