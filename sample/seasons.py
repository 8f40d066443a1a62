"""When people pay: more on a Friday evening than on a Monday night, and a little more each week.

The seasons multiply, as in the classical decomposition of a time series: day of the week x hour of the day x growth.
"""

from __future__ import annotations

import numpy as np

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
WEEKDAYS = np.array([0.92, 0.94, 1.0, 1.05, 1.28, 1.12, 0.69])
"""From Monday."""
HOURS = np.array([2, 1, 1, 1, 1, 2, 4, 8, 11, 12, 13, 15, 18, 16, 14, 14, 15, 18, 21, 22, 18, 12, 7, 4], dtype=float)
"""Of a working day, UTC."""
LATE_HOURS = np.roll(HOURS, 1)
"""Of a Saturday and a Sunday: everything an hour later."""
GROWTH = 0.3
"""How much more there is at the end than at the beginning."""


def moments(rng: np.random.Generator, count: int, first_weekday: int, days: int) -> np.ndarray:
    """`count` moments, not in order, in milliseconds since the first midnight; `first_weekday` 0 is a Monday."""
    day = rng.choice(days, count, p=_of_days(first_weekday, days))
    hour = np.where(
        (day + first_weekday) % 7 >= 5,
        rng.choice(24, count, p=LATE_HOURS / LATE_HOURS.sum()),
        rng.choice(24, count, p=HOURS / HOURS.sum()),
    )
    return day.astype(np.int64) * DAY_MS + hour.astype(np.int64) * HOUR_MS + rng.integers(0, HOUR_MS, count)


def _of_days(first_weekday: int, days: int) -> np.ndarray:
    number = np.arange(days)
    weights = WEEKDAYS[(number + first_weekday) % 7] * (1 + GROWTH * number / days)
    shares: np.ndarray = weights / weights.sum()
    return shares
