"""argon2id with OWASP's parameters (Password Storage Cheat Sheet: 19 MiB, 2 passes, 1 lane)."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from prometheus_client import Histogram

from service_kit.errors import Unavailable

MEMORY_KIB, PASSES, LANES = 19 * 1024, 2, 1
WAIT_SECONDS = 5.0


class TooManyHashes(Unavailable):
    """More people log in at this moment than this process can check in time."""

    code = "busy"
    title = "Too many people are logging in right now"


class Argon2Passwords:
    """Hashes at most `at_once` at a time: each takes a core for about 20 ms and 19 MiB of memory."""

    def __init__(
        self,
        duration_seconds: Histogram,
        *,
        memory_kib: int = MEMORY_KIB,
        passes: int = PASSES,
        at_once: int | None = None,
    ) -> None:
        self._seconds = duration_seconds
        self._hasher = PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=LANES)
        self._places = threading.BoundedSemaphore(at_once or max(2, os.cpu_count() or 1))
        self._nobody = self._hasher.hash(os.urandom(16).hex())

    def hash(self, password: str) -> str:
        """The encoded hash, parameters and salt within."""
        with self._seconds.time(), self._place():
            return self._hasher.hash(password)

    def verify(self, password: str, password_hash: str | None) -> bool:
        """See ports.Passwords."""
        with self._seconds.time(), self._place():
            try:
                self._hasher.verify(password_hash or self._nobody, password)
            except VerificationError:
                return False
        return password_hash is not None

    def is_outdated(self, password_hash: str) -> bool:
        """See ports.Passwords."""
        return self._hasher.check_needs_rehash(password_hash)

    @contextmanager
    def _place(self) -> Iterator[None]:
        if not self._places.acquire(timeout=WAIT_SECONDS):
            raise TooManyHashes
        try:
            yield
        finally:
            self._places.release()
