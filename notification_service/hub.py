"""The streams that are open in this process: how many there may be, and whom to wake for whom."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from notification_service.metrics import PERSON_FULL, PROCESS_FULL, LiveMetrics


class HubFull(Exception):
    """This process has as many streams as it has threads for; another, or a later try, may have room."""


class PersonFull(Exception):
    """The person has enough streams open here: one browser may not use up everybody's room."""


class Place:
    """One stream's place. `wait` returns when there may be something new, when the hub stops, or after a time."""

    def __init__(self, user_id: str) -> None:
        self.user_id = user_id
        self._woken = threading.Event()

    def wake(self) -> None:
        """Let `wait` return, now or when it is called next."""
        self._woken.set()

    def wait(self, seconds: float) -> bool:
        """Whether it was woken, within `seconds`."""
        woken = self._woken.wait(seconds)
        self._woken.clear()
        return woken


class Hub:
    """Safe to share between threads."""

    def __init__(self, most: int, most_per_person: int, metrics: LiveMetrics) -> None:
        self._most = most
        self._most_per_person = most_per_person
        self._metrics = metrics
        self._lock = threading.Lock()
        self._places: dict[str, set[Place]] = {}
        self._open = 0
        self.stopped = False

    def enter(self, user_id: str) -> Place:
        """Take a place, to be given back by `leave`. Raises HubFull, PersonFull; each is counted."""
        with self._lock:
            own = self._places.get(user_id, set())
            if self.stopped or self._open >= self._most:
                self._metrics.refused(PROCESS_FULL)
                raise HubFull
            if len(own) >= self._most_per_person:
                self._metrics.refused(PERSON_FULL)
                raise PersonFull
            place = Place(user_id)
            self._places[user_id] = own | {place}
            self._count(+1)
            return place

    def leave(self, place: Place) -> None:
        """Give the place back; harmless when that has been done."""
        with self._lock:
            own = self._places.get(place.user_id, set())
            if place not in own:
                return
            self._count(-1)
            if len(own) > 1:
                self._places[place.user_id] = own - {place}
            else:
                del self._places[place.user_id]

    def hint(self, user_ids: Iterable[str] | None) -> None:
        """Wake the streams of these people; None: all."""
        with self._lock:
            chosen = list(self._places) if user_ids is None else user_ids
            places = [place for user_id in chosen for place in self._places.get(user_id, ())]
        for place in places:
            place.wake()

    def stop(self) -> None:
        """End every stream and take no more."""
        self.stopped = True
        self.hint(None)

    def _count(self, change: int) -> None:
        self._open += change
        self._metrics.streams.set(self._open)
