"""How long a delivery is tried: pure rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from notification_service.domain.delivery import Claimed

LONGEST_WISH = timedelta(hours=6)
"""However long the other side asks us to wait, we look again by then."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Exponential back-off with full jitter (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/):
    the pause after attempt n is drawn evenly from 0 to min(longest, first * 2 ** (n - 1)), and begins after what the
    other side asked for. At an end with `attempts` of them, or when it would be older than `age`.
    """

    attempts: int = 16
    first_pause: timedelta = timedelta(seconds=5)
    longest_pause: timedelta = timedelta(hours=6)
    age: timedelta = timedelta(days=3)

    def next_attempt_at(
        self, claimed: Claimed, now: datetime, retry_after: float | None, draw: float
    ) -> datetime | None:
        """When to try again what has just failed; None: give it up. `draw` is from [0, 1); `retry_after` seconds."""
        if claimed.number >= self.attempts:
            return None
        ceiling = min(self.longest_pause, self.first_pause * 2 ** min(claimed.number - 1, 30))
        wish = min(LONGEST_WISH, timedelta(seconds=min(max(0.0, retry_after or 0.0), 86_400.0)))
        at = now + wish + ceiling * draw
        return at if at < claimed.since + self.age else None
