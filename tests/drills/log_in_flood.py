"""Somebody tries passwords, many a second: it is named, whoever has the right one is let in, and payments go on."""

from __future__ import annotations

import secrets
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence

import httpx

from bench.stacks import Platform
from tests.drills.alerts import Alert

THREADS = 4
PER_SECOND = 20.0
"""Attempts of all threads; each costs auth the hashing of a password."""
HONEST_PAUSE_SECONDS = 2.0
LET_IN_WITHIN_SECONDS = 10.0
AGAIN_SECONDS = 0.5
TIMEOUT_SECONDS = 20
REFUSED = {401, 429, 503}
"""Auth checks no more passwords at once than leave the machine to others; who comes when it is full is told 503."""
NO_ANSWER = 0
HONEST = "drill-001"
"""One of the frame's people."""


class LogInFlood:
    """Each attempt names another person, as those do who have a list, so that no account's own limit ends it."""

    name = "log-in-flood"
    alerts: Sequence[Alert] = (Alert("LogInFailures", {"door": "api"}),)
    silence_limit_s = 5.0

    def __init__(self) -> None:
        self._platform: Platform | None = None
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []
        self._answers: Counter[int] = Counter()
        self._honest: list[float] = []
        self._seconds = 0.0
        self._began = 0.0

    def aim(self, platform: Platform) -> None:
        self._platform = platform

    def inject(self) -> None:
        self._began = time.monotonic()
        doing = [self._try_passwords] * THREADS + [self._log_in_honestly]
        self._threads = [threading.Thread(target=target, name=self.name, daemon=True) for target in doing]
        for thread in self._threads:
            thread.start()

    def heal(self) -> None:
        """They give up."""
        self._over.set()
        for thread in self._threads:
            thread.join()
        self._seconds = time.monotonic() - self._began

    def findings(self, platform: Platform) -> list[str]:
        """Nobody was let in by a wrong password, nobody kept out with the right one."""
        wrong = {status: count for status, count in self._answers.items() if status not in REFUSED}
        found = [f"{count} wrong passwords were answered {status or 'nothing'}" for status, count in wrong.items()]
        late = [seconds for seconds in self._honest if seconds > LET_IN_WITHIN_SECONDS]
        found += [f"who had the right password was let in after {seconds:.1f} s" for seconds in late]
        if not self._honest:
            found.append("nobody tried the right password: nothing was proven of it")
        return [*found, *platform.unhealthy()]

    def figures(self) -> Mapping[str, float]:
        """How many attempts were made a second, and how long the slowest honest log-in took."""
        return {
            "attempts_per_second": round(self._answers.total() / self._seconds, 1),
            "slowest_log_in_seconds": round(max(self._honest, default=0.0), 2),
        }

    def _try_passwords(self) -> None:
        next_at = time.monotonic()
        with self._client() as http:
            while not self._over.wait(max(0.0, next_at - time.monotonic())):
                next_at += THREADS / PER_SECOND
                self._answers[_log_in(http, f"nobody-{secrets.token_hex(6)}", secrets.token_urlsafe(12))] += 1

    def _log_in_honestly(self) -> None:
        """Again and again, and when it is refused once more, as a person would."""
        assert self._platform is not None
        with self._client() as http:
            while not self._over.wait(HONEST_PAUSE_SECONDS):
                began = time.monotonic()
                while _log_in(http, HONEST, self._platform.demo_password) != httpx.codes.OK:
                    if self._over.wait(AGAIN_SECONDS):
                        break
                self._honest.append(time.monotonic() - began)

    def _client(self) -> httpx.Client:
        assert self._platform is not None
        return httpx.Client(base_url=self._platform.auth_url, timeout=TIMEOUT_SECONDS)


def _log_in(http: httpx.Client, username: str, password: str) -> int:
    """The answer's status, NO_ANSWER where none came."""
    try:
        return http.post("/v1/login", json={"username": username, "password": password}).status_code
    except httpx.TransportError:
        return NO_ANSWER
