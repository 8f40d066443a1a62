"""argon2id with OWASP's parameters (Password Storage Cheat Sheet: 19 MiB, 2 passes, 1 lane), a few at once."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from prometheus_client import Histogram

from auth_service.domain import TooManyHashes
from auth_service.equal_time import EqualTime
from service_kit.clock import Clock, SystemClock

MEMORY_KIB, PASSES, LANES = 19 * 1024, 2, 1
WAIT_SECONDS = 2.0
QUEUE = 32
"""How many may wait for a place. Each holds one of the process' threads, and those are for the other requests too."""


class Line:
    """`at_once` have a place, `queue` more wait for one; raises TooManyHashes for all others."""

    def __init__(self, at_once: int, queue: int) -> None:
        self._places = threading.BoundedSemaphore(at_once)
        self._admitted = threading.BoundedSemaphore(at_once + queue)

    @contextmanager
    def place(self) -> Iterator[None]:
        """For as long as the context lasts."""
        if not self._admitted.acquire(blocking=False):
            raise TooManyHashes
        try:
            if not self._places.acquire(timeout=WAIT_SECONDS):
                raise TooManyHashes
            try:
                yield
            finally:
                self._places.release()
        finally:
            self._admitted.release()


class Argon2Passwords:
    """Hashes at most `at_once` at a time: each takes a core for about 20 ms and 19 MiB of memory.

    That is half of the cores unless said otherwise, so that a flood of log-ins leaves the other half to everybody
    else. `queue` more may wait, for WAIT_SECONDS; who comes when it is full, or has waited for so long, is refused.

    So it is with whole tries, from the first look-up on. A burst of them would else ask the stores all at once, and
    every answer that anybody waits for would queue behind theirs for the interpreter.
    """

    def __init__(
        self,
        duration_seconds: Histogram,
        *,
        memory_kib: int = MEMORY_KIB,
        passes: int = PASSES,
        at_once: int | None = None,
        queue: int = QUEUE,
        clock: Clock | None = None,
    ) -> None:
        self._seconds = duration_seconds
        self._hasher = PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=LANES)
        at_once = at_once or max(1, (os.cpu_count() or 1) // 2)
        self._hashes = Line(at_once, queue)
        self._tries = Line(at_once, queue)
        self._clock = clock or SystemClock()
        self._pace = EqualTime()
        self._nobody = self._hasher.hash(os.urandom(16).hex())
        self._timed_verify(self._nobody, "")  # how long today's parameters take is known before anybody asks

    def a_try(self) -> AbstractContextManager[None]:
        """See ports.Passwords: under a flood most are refused, and that should cost next to nothing."""
        return self._tries.place()

    def hash(self, password: str) -> str:
        """The encoded hash, parameters and salt within."""
        with self._seconds.time(), self._hashes.place():
            return self._hasher.hash(password)

    def verify(self, password: str, password_hash: str | None) -> bool:
        """See ports.Passwords."""
        with self._seconds.time():
            with self._hashes.place():
                right, missing = self._timed_verify(password_hash or self._nobody, password)
            if missing and not right:
                self._clock.sleep(missing)  # its place is free for others meanwhile
        return right and password_hash is not None

    def is_outdated(self, password_hash: str) -> bool:
        """See ports.Passwords."""
        return self._hasher.check_needs_rehash(password_hash)

    def _timed_verify(self, password_hash: str, password: str) -> tuple[bool, float]:
        """Whether it fits, and how many seconds sooner that was known than it would be of the dearest hash."""
        began = self._clock.monotonic()
        try:
            right = bool(self._hasher.verify(password_hash, password))
        except VerificationError:
            right = False
        return right, self._pace.missing(_parameters(password_hash), self._clock.monotonic() - began)


def _parameters(password_hash: str) -> str:
    """`argon2id$v=19$m=19456,t=2,p=1` of an encoded hash: what its cost depends on."""
    return password_hash.rpartition("$")[0].rpartition("$")[0].lstrip("$")
