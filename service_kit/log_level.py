"""How much a process logs, changed while it runs: SIGUSR1 makes it DEBUG, SIGUSR2 what its settings say.

DEBUG ends by itself after a quarter of an hour: who has found what they looked for forgets to say so. A thread waits
for the signals, since the main thread may be in a server's own loop, where Python's handlers never run.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress

MORE, AS_SET = signal.SIGUSR1, signal.SIGUSR2
DEBUG_SECONDS = 900.0
NEVER_SECONDS = 86_400.0 * 365


class LogLevel:
    """The level of this process: a stdlib number, 10 for DEBUG. `apply` is told of every change."""

    def __init__(self, level: int = logging.INFO, apply: Callable[[int], None] | None = None) -> None:
        self.now = level
        self._set = level
        self._apply = apply

    def configure(self, level: int, apply: Callable[[int], None]) -> None:
        """The level that the settings say."""
        self.now = self._set = level
        self._apply = apply
        apply(level)

    def more(self) -> None:
        """DEBUG from now on."""
        self._change(logging.DEBUG)

    def as_set(self) -> None:
        """What the settings say."""
        self._change(self._set)

    @property
    def is_more(self) -> bool:
        """Whether it is lower than the settings say."""
        return self.now < self._set

    def _change(self, level: int) -> None:
        self.now = level
        if self._apply:
            self._apply(level)


LEVEL = LogLevel()
_listening = threading.Lock()


def listen(told: Callable[[int], None], level: LogLevel = LEVEL) -> None:
    """Obey the two signals from now on, once a process; `told` gets each new level.

    Call it in the main thread before there are others: a thread that doesn't block these signals would die of them.
    """
    if not _listening.acquire(blocking=False):
        return
    signal.pthread_sigmask(signal.SIG_BLOCK, {MORE, AS_SET})
    threading.Thread(target=_obey, args=(told, level), name="log-level", daemon=True).start()


def pass_on(pids: Callable[[], list[int]]) -> None:
    """Hand the two signals to other processes, which obey them: a server's main process to its workers."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {MORE, AS_SET})

    def hand_on() -> None:
        while True:
            number = signal.sigwait({MORE, AS_SET})
            for pid in pids():
                # One that has just ended has no level any more.
                with suppress(ProcessLookupError):
                    os.kill(pid, number)

    threading.Thread(target=hand_on, name="log-level", daemon=True).start()


def _obey(told: Callable[[int], None], level: LogLevel) -> None:
    while True:
        got = signal.sigtimedwait({MORE, AS_SET}, DEBUG_SECONDS if level.is_more else NEVER_SECONDS)
        if got is not None and got.si_signo == MORE:
            level.more()
        else:
            level.as_set()
        told(level.now)
