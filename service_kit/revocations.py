"""Which sessions have ended, known in this process within a second.

Auth says on a Redis channel every half second which sessions ended lately. A process that has heard that knows
all it needs in memory; one that hasn't for SILENCE_SECONDS trusts nobody's memory and asks auth for every request,
until it hears again and has loaded what it missed. So a Redis that is away or emptied costs time, never a wrong yes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Protocol

import structlog

from contracts.access_token import LIFETIME_SECONDS
from contracts.session import CACHE_SECONDS, HEARTBEAT_SECONDS, SILENCE_SECONDS, revoked_in
from service_kit.errors import AuthUnavailable

KEEP_SECONDS = 60.0 + LIFETIME_SECONDS + CACHE_SECONDS
"""How long an ended session is remembered: nothing that speaks for it, token or cached entry, lives longer."""
_RECONNECT_SECONDS = 0.5
_log = structlog.get_logger(__name__)


class Messages(Protocol):
    """An open subscription."""

    def next(self, timeout: float) -> bytes | None:
        """The next message, or None after `timeout` seconds without one. Raises ConnectionError or OSError."""


class Revocations:
    """Listens in a daemon thread (`start`), answers in the request threads.

    Args:
        subscribe: opens a subscription to REVOCATIONS_CHANNEL.
        load: the ids of every session that ended within KEEP_SECONDS, from auth; raises AuthUnavailable.
        token_is_active: asks auth about one token; raises AuthUnavailable.
        clock: seconds, never going back.
    """

    def __init__(
        self,
        subscribe: Callable[[], AbstractContextManager[Messages]],
        load: Callable[[], Iterable[str]],
        token_is_active: Callable[[str], bool],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._subscribe = subscribe
        self._load = load
        self._token_is_active = token_is_active
        self._clock = clock
        self._ended: dict[str, float] = {}
        self._heard_at = float("-inf")
        self._complained = False

    def start(self) -> None:
        """Begin to listen. The thread is a daemon: granian's workers wait for others on their way out."""
        threading.Thread(target=self._listen, name="revocations", daemon=True).start()

    @property
    def current(self) -> bool:
        """Whether `has_ended` can be relied upon."""
        return self._clock() - self._heard_at < SILENCE_SECONDS

    def has_ended(self, session_id: str) -> bool:
        """Whether this process knows that the session ended; a "no" counts only while `current`."""
        return session_id in self._ended

    def revoked(self, session_id: str, token: str) -> bool:
        """Whether the session of `token` has ended; raises AuthUnavailable when that can't be known."""
        if session_id in self._ended:
            return True
        return not self.current and not self._token_is_active(token)

    def hear(self, message: bytes) -> None:
        """Take one heartbeat. The first one after a silence counts only once what was missed has been loaded."""
        try:
            sessions = revoked_in(message)
        except (ValueError, TypeError) as error:
            _log.warning("revocation_message_not_understood", detail=str(error))
            return
        now = self._clock()
        if not self.current:
            self._add(self._load(), now)
            _log.info("revocations_current", known=len(self._ended))
        self._add(sessions, now)
        self._heard_at = now
        self._complained = False

    def _add(self, session_ids: Iterable[str], now: float) -> None:
        for session_id in session_ids:
            self._ended.setdefault(session_id, now)
        # In order of arrival, so the old ones come first.
        while self._ended and next(iter(self._ended.values())) < now - KEEP_SECONDS:
            del self._ended[next(iter(self._ended))]

    def _listen(self) -> None:
        while True:
            try:
                with self._subscribe() as messages:
                    self._follow(messages)
            except Exception as error:  # noqa: BLE001 - this thread must outlive whatever Redis or auth do
                self._complain(error)
            time.sleep(_RECONNECT_SECONDS)

    def _follow(self, messages: Messages) -> None:
        while True:
            message = messages.next(HEARTBEAT_SECONDS)
            if message is None:
                continue
            try:
                self.hear(message)
            except AuthUnavailable as error:
                self._complain(error)

    def _complain(self, error: Exception) -> None:
        """Once an outage: it is tried again twice a second."""
        if not self._complained:
            self._complained = True
            _log.warning("revocations_not_heard", error=type(error).__name__, detail=str(error))
