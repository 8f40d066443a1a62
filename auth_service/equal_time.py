"""How long a refusal must take, so that it doesn't tell by which parameters a hash was made, or whether there is one.

Who is unknown is checked against a hash of today's parameters. A user who hasn't logged in since they changed has one
that takes longer or shorter, and would be known by that.
"""

from __future__ import annotations

import threading
from collections import deque
from statistics import median

REMEMBERED = 32


class EqualTime:
    """Remembers how long hashes of each set of parameters took here, and makes the dearest set the measure of all.

    With one set in use, as after all users' hashes have been renewed, nobody ever waits. A dearer set than today's is
    known from the first time that one is checked in this process.
    """

    def __init__(self) -> None:
        self._seconds: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def missing(self, parameters: str, seconds: float) -> float:
        """Seconds that a check which took `seconds` lacks to what one of the dearest set takes; 0 for that set."""
        with self._lock:
            self._seconds.setdefault(parameters, deque(maxlen=REMEMBERED)).append(seconds)
            if len(self._seconds) == 1:
                return 0.0
            usual = {name: median(taken) for name, taken in self._seconds.items()}
        dearest = max(usual, key=lambda name: usual[name])
        return 0.0 if parameters == dearest else max(0.0, usual[dearest] - seconds)
