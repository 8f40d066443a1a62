"""Every service's door, tried with tokens all the time while something is broken."""

import threading
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import httpx

from bench.stacks import Platform

DOORS = {
    "auth-web": "/v1/me",
    "transaction-web": "/v1/accounts",
    "notification-web": "/v1/notifications",
    "analytics-web": "/v1/rows?limit=1",
    # Nobody's journey: a 404, once the token was taken.
    "monitoring-web": f"/v1/journeys/{uuid.UUID(int=7)}",
}
"""What every person's token opens, by the web process."""
OPEN, REFUSED = {200, 404}, 401
PAUSE_SECONDS = 0.2
TIMEOUT_SECONDS = 10
NO_ANSWER = 0


@dataclass(frozen=True)
class Try:
    """One request: `began` in seconds since the epoch; `status` NO_ANSWER where none came."""

    whose: str
    door: str
    began: float
    seconds: float
    status: int

    @property
    def ended(self) -> float:
        return self.began + self.seconds


class Doors:
    """The doors of one platform; its connections may be used by one thread."""

    def __init__(self, platform: Platform) -> None:
        self._urls = {door: platform.url(door) + path for door, path in DOORS.items()}
        self._http = httpx.Client(timeout=TIMEOUT_SECONDS)

    def try_one(self, whose: str, token: str, door: str) -> Try:
        """Knock once."""
        began, clock = time.time(), time.monotonic()
        try:
            status = self._http.get(self._urls[door], headers={"Authorization": f"Bearer {token}"}).status_code
        except httpx.TransportError:
            status = NO_ANSWER
        return Try(whose, door, began, time.monotonic() - clock, status)

    def try_all(self, whose: str, token: str) -> list[Try]:
        """Knock at each once."""
        return [self.try_one(whose, token, door) for door in DOORS]

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()


class Watch:
    """Each token at each door, again and again, from `start` until `stop`; a thread for each door.

    Args:
        tokens: by a name that the findings use.
    """

    def __init__(self, platform: Platform, tokens: Mapping[str, str]) -> None:
        self.tries: list[Try] = []
        self._platform = platform
        self._tokens = tokens
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._knock, args=(door,), name=door) for door in DOORS]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Wait for the last answers."""
        self._over.set()
        for thread in self._threads:
            thread.join()

    def of(self, whose: str, began: float = 0.0, ended: float = float("inf")) -> list[Try]:
        """What was asked with a token after `began` and answered before `ended`."""
        return [one for one in self.tries if one.whose == whose and one.began >= began and one.ended <= ended]

    def _knock(self, door: str) -> None:
        doors = Doors(self._platform)
        while not self._over.wait(PAUSE_SECONDS):
            self.tries += [doors.try_one(whose, token, door) for whose, token in self._tokens.items()]
        doors.close()


def unexpected(tries: Sequence[Try], expected: Iterable[int], when: str) -> list[str]:
    """One sentence for each door and status that may not be."""
    allowed, found = set(expected), dict[tuple[str, str, int], int]()
    for one in tries:
        if one.status not in allowed:
            place = (one.whose, one.door, one.status)
            found[place] = found.get(place, 0) + 1
    return [
        f"{when}: {door} answered {status or 'nothing'} to {whose} {count} times"
        for (whose, door, status), count in found.items()
    ]


def log_out(platform: Platform, token: str) -> None:
    """End the token's session."""
    headers = {"Authorization": f"Bearer {token}"}
    httpx.post(f"{platform.auth_url}/v1/logout", headers=headers, timeout=TIMEOUT_SECONDS).raise_for_status()
