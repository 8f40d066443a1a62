"""How fast transfers are decided, and how fast the topic follows, as the ledger itself says."""

import time
from dataclasses import dataclass

from bench.platform import Api

BEFORE_SECONDS = 5.0
ACCEPTING_SHARE = 0.95
"""Of the pace before the fault."""
DRAINING_TIMES = 5.0
"""As fast as new ones come."""
DRAIN_LIMIT_SECONDS = 60.0
LOOK_SECONDS = 0.1


@dataclass(frozen=True)
class Look:
    """Where journal and topic stand; `at` in monotonic seconds."""

    at: float
    head: int
    published: int

    @property
    def behind(self) -> int:
        """Positions that are not on the topic yet."""
        return self.head - self.published


def look(api: Api) -> Look:
    """Now."""
    summary = api.summary()
    return Look(time.monotonic(), summary.head, summary.published)


def decided_per_second(earlier: Look, later: Look) -> float:
    """Between two looks."""
    return round((later.head - earlier.head) / (later.at - earlier.at), 1)


def usual(api: Api) -> list[Look]:
    """Two looks, BEFORE_SECONDS apart, before anything happens."""
    first = look(api)
    time.sleep(BEFORE_SECONDS)
    return [first, look(api)]


def drain(api: Api) -> list[Look]:
    """Look on until the topic has caught up, at most DRAIN_LIMIT_SECONDS."""
    looks = [look(api)]
    while looks[-1].behind and looks[-1].at - looks[0].at < DRAIN_LIMIT_SECONDS:
        time.sleep(LOOK_SECONDS)
        looks.append(look(api))
    return looks


def drained_per_second(looks: list[Look]) -> float:
    """Positions that were published a second, from the first that moved to the end; 0 where none did.

    The broker's own start is not the relay's pace.
    """
    still = [one for one in looks if one.published == looks[0].published]
    began, ended = still[-1], looks[-1]
    return round((ended.published - began.published) / (ended.at - began.at), 1) if ended.at > began.at else 0.0


def wrong_pace(before: float, then: float, drained: float) -> list[str]:
    """What a broker that is away may not do to transfers; each in positions a second."""
    found = []
    if then < ACCEPTING_SHARE * before:
        found.append(f"{then:g} transfers a second were accepted, before it {before:g}")
    if drained < DRAINING_TIMES * then:
        found.append(f"{drained:g} a second were published afterwards, while {then:g} came")
    return found
