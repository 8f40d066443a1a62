"""Whether what a minute lacks at a stage is asked for again, and when: by what is missing, what was tried, the time.

Pure. A stage that is merely late is left alone: its grace begins at the end of the minute, and anew as long as
something is in the way that gets out of it by itself, such as a consumer that lags. Each attempt that helped nothing
doubles the wait for the next, and after the last one it is given up: what republishing doesn't mend is for people.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

ATTEMPTS_MAX = 3


class Step(StrEnum):
    """What to do now."""

    WAIT = "wait"
    ASK = "ask"
    MENDED = "mended"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True)
class Repair:
    """What was done about one minute at one stage; kept with the minute.

    `lacked` is how much was missing at the last attempt, `attempts` how many there were since one helped, `ordered` how
    many positions were asked for in all of them; `end` is MENDED or GIVEN_UP once that is known.
    """

    due: datetime
    attempts: int = 0
    lacked: int = 0
    ordered: int = 0
    end: Step | None = None

    def looked(self, missing: int, in_the_way: bool, now: datetime, grace: timedelta) -> tuple[Repair, Step]:
        """How it stands now, and what to do about it."""
        if not missing:
            mended = self.ordered > 0 and self.end is None
            return (replace(self, end=Step.MENDED), Step.MENDED) if mended else (self, Step.WAIT)
        if in_the_way:
            return replace(self, due=max(self.due, now + grace)), Step.WAIT
        if now < self.due or self.end is Step.GIVEN_UP:
            return self, Step.WAIT
        if missing < self.lacked:
            return replace(self, attempts=0), Step.ASK
        if self.attempts >= ATTEMPTS_MAX:
            return replace(self, end=Step.GIVEN_UP), Step.GIVEN_UP
        return self, Step.ASK

    def asked(self, missing: int, positions: int, now: datetime, grace: timedelta) -> Repair:
        """So many positions were ordered."""
        attempts = self.attempts + 1
        return Repair(now + grace * 2**attempts, attempts, missing, self.ordered + positions)

    def postponed(self, now: datetime, grace: timedelta) -> Repair:
        """Nothing could be ordered, which is no attempt."""
        return replace(self, due=now + grace)


def first_due(minute: datetime, grace: timedelta) -> Repair:
    """How a minute stands about which nothing was done yet."""
    return Repair(minute + timedelta(minutes=1) + grace)
