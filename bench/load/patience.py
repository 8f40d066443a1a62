"""How long, and how often, the same question is asked again."""

import asyncio
import random
import time

LONGEST_PAUSE_S = 1.0


class Patience:
    """Exponential pauses with jitter until the time is up; one for every question.

    Jitter keeps the clients from coming back all at once after an outage.
    """

    def __init__(self, give_up_s: float) -> None:
        self._ends_at = time.monotonic() + give_up_s
        self._pause_s = 0.05

    def lasts(self) -> bool:
        return time.monotonic() < self._ends_at

    async def pause(self, wished_s: float = 0.0) -> None:
        """Sleep, at least as long as the server wished (``Retry-After``), at most a second."""
        pause_s = min(max(self._pause_s, wished_s), LONGEST_PAUSE_S)
        await asyncio.sleep(pause_s * random.uniform(0.5, 1.0))
        self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)
