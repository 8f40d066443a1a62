"""Bulkhead and circuit breaker: how many deliveries each lane may have at work, so that one that is dead or slow holds
up no other (docs/decisions/0035)."""

from __future__ import annotations

import random
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from threading import Lock

from notification_service.domain import Outcome
from notification_service.domain.delivery import lane_of_all
from service_kit.clock import Clock

FAILURES_TO_OPEN = 5
FIRST_REST, LONGEST_REST = 15.0, 600.0
"""Seconds that an open breaker waits for its next probe; they double with each probe in vain."""
LONGEST_WISH = 3_600.0
"""Seconds: a lane that asks for more rest is asked again by then."""
SLOW_SECONDS = 2.0
REMEMBERED = 10_000
"""Lanes in trouble that are remembered; of more, those that were quiet longest are taken for well."""
_ANSWERED = (Outcome.DELIVERED, Outcome.REFUSED, Outcome.DELAYED)


@dataclass(slots=True)
class _Trouble:
    """Of a lane that isn't well, or slow; one that is well has no entry."""

    failures: int = 0
    rests: int = 0
    rest_until: float = float("-inf")


class Lanes:
    """Several threads tell it what came of their attempts; one asks it what to begin.

    A lane may have `at_once` at work; one that has just failed has one. All that have failed, or take longer than
    SLOW_SECONDS, together have no more than half of the `threads`. After FAILURES_TO_OPEN failures in a row, or when it
    asks for rest, a lane's breaker is open: nothing is sent until its rest is over; then one probe decides (half-open).
    What its owner asks for is such a probe, and waits for no rest (`Delivery.asked`); neither does any other once its
    owner has mended the lane (`mended`).
    """

    def __init__(self, at_once: int, threads: int, clock: Clock, draw: Callable[[], float] = random.random) -> None:
        self._at_once = at_once
        self._threads = max(2, threads)
        self._clock = clock
        self._draw = draw
        self._lock = Lock()
        self._at_work: Counter[str] = Counter()
        self._troubles: OrderedDict[str, _Trouble] = OrderedDict()
        self._turn = 0

    def choose(self, due: Sequence[str], free: int) -> dict[str, int]:
        """How many each may begin, of `free` in all: one each by turns, so that no lane waits for another's backlog."""
        with self._lock:
            room = {lane: self._room(lane) for lane in due}
            in_trouble = {lane for lane in (*due, *self._at_work) if lane_of_all(lane) in self._troubles}
            spare = self._threads // 2 - sum(count for lane, count in self._at_work.items() if lane in in_trouble)
        begin = self._turn % len(due) if due else 0
        chosen: Counter[str] = Counter()
        waiting = [lane for lane in (*due[begin:], *due[:begin]) if room[lane] > 0]
        while waiting and free > 0:
            for lane in waiting:
                if free > 0 and (lane not in in_trouble or spare > 0):
                    chosen[lane] += 1
                    free -= 1
                    spare -= lane in in_trouble
            waiting = [lane for lane in waiting if chosen[lane] < room[lane] and (lane not in in_trouble or spare > 0)]
        self._turn += len(chosen)
        return dict(chosen)

    def begun(self, lane: str) -> None:
        """One is at work."""
        with self._lock:
            self._at_work[lane] += 1

    def ended(self, lane: str, outcome: Outcome, seconds: float, retry_after: float | None = None) -> None:
        """It is no longer. UNKNOWN, UNWANTED and BROKEN say nothing of the lane."""
        with self._lock:
            self._at_work[lane] -= 1
            if self._at_work[lane] <= 0:
                del self._at_work[lane]
            if outcome is Outcome.AWAY:
                self._failed(lane_of_all(lane), retry_after)
            elif outcome in _ANSWERED:
                self._answered(lane_of_all(lane), seconds)

    def resting(self, lanes: Iterable[str]) -> list[str]:
        """Those of these whose breaker is open now."""
        now = self._clock.monotonic()
        with self._lock:
            return [lane for lane in lanes if lane in self._troubles and now < self._troubles[lane].rest_until]

    def mended(self, lane: str) -> None:
        """Somebody has seen it answer, or its owner has changed where it leads to: the next is a probe."""
        with self._lock:
            if trouble := self._troubles.get(lane):
                trouble.rests, trouble.rest_until = 0, float("-inf")

    def is_well(self, lane: str) -> bool:
        """Whether it answers, and in time."""
        with self._lock:
            return lane not in self._troubles

    def open_breakers(self) -> int:
        """How many lanes rest, or wait for what their probe brings."""
        with self._lock:
            return sum(trouble.rests > 0 for trouble in self._troubles.values())

    def _room(self, lane: str) -> int:
        trouble = self._troubles.get(lane)
        if lane_of_all(lane) != lane:
            most = 1
        elif trouble is None or not trouble.failures:
            most = self._at_once
        elif self._clock.monotonic() < trouble.rest_until:
            most = 0
        else:
            most = 1
        return most - self._at_work[lane] if lane in self._at_work else most

    def _failed(self, lane: str, retry_after: float | None) -> None:
        trouble = self._troubles.get(lane) or _Trouble()
        self._remember(lane, trouble)
        now = self._clock.monotonic()
        trouble.failures += 1
        if now < trouble.rest_until:
            return  # it began before the breaker opened
        if trouble.failures >= FAILURES_TO_OPEN or retry_after:
            rest = min(LONGEST_REST, FIRST_REST * 2 ** min(trouble.rests, 10))
            wish = min(LONGEST_WISH, retry_after or 0.0)
            # Between half and all of it: deliverers that saw a target die together don't probe it together.
            trouble.rest_until = now + max(wish, rest * (1 + self._draw()) / 2)
            trouble.rests += 1

    def _answered(self, lane: str, seconds: float) -> None:
        if seconds <= SLOW_SECONDS:
            self._troubles.pop(lane, None)
        else:
            self._remember(lane, _Trouble())

    def _remember(self, lane: str, trouble: _Trouble) -> None:
        self._troubles[lane] = trouble
        self._troubles.move_to_end(lane)
        while len(self._troubles) > REMEMBERED:
            self._troubles.popitem(last=False)
