"""The heartbeat of revocations: what every other process trusts while it hears it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Thread

import structlog
from pymongo.errors import PyMongoError

from auth_service.metrics import RelayMetrics
from auth_service.ports import SessionCache
from contracts.session import HEARTBEAT_SECONDS, RECENT_SECONDS, SILENCE_SECONDS
from service_kit.clock import Clock
from service_kit.outage_log import OutageLog
from service_kit.process import StopSignal

_log = structlog.get_logger(__name__)


class HeartbeatSilent(Exception):
    """The other processes have stopped trusting their memory by now."""


class Heartbeat:
    """Says twice a second which sessions ended lately. A thread of its own: Kafka being away must not silence it.

    Args:
        ended_since: the ids of the sessions that ended at a moment or later; raises PyMongoError.
    """

    def __init__(
        self,
        ended_since: Callable[[datetime], list[str]],
        cache: SessionCache,
        metrics: RelayMetrics,
        clock: Clock,
    ) -> None:
        self._ended_since = ended_since
        self._cache = cache
        self._metrics = metrics
        self._clock = clock
        self._said_at = clock.monotonic()
        self._outage = OutageLog(_log, "heartbeat_missed", "heartbeat_goes_on")

    def start(self, stop: StopSignal) -> None:
        """Begin, in a daemon thread."""
        Thread(target=self._run, args=(stop,), name="heartbeat", daemon=True).start()

    def beat(self) -> bool:
        """Say it once; return whether it could be said. A store that is away is silence, which others notice."""
        try:
            ended = self._ended_since(self._clock.now() - timedelta(seconds=RECENT_SECONDS))
        except PyMongoError as error:
            self._outage.failed(error)
            said = False
        else:
            self._outage.succeeded()
            said = self._cache.announce_ended(ended)
        if said:
            self._said_at = self._clock.monotonic()
        self._metrics.heartbeats.labels("sent" if said else "failed").inc()
        return said

    def check(self) -> None:
        """A readiness check; raises HeartbeatSilent."""
        silent = self._clock.monotonic() - self._said_at
        if silent > SILENCE_SECONDS:
            raise HeartbeatSilent(f"nothing was said for {silent:.0f} s")

    def _run(self, stop: StopSignal) -> None:
        while not stop.is_set():
            try:
                self.beat()
            except Exception:  # noqa: BLE001 - logged; `check` tells of a silence, and the next beat is half a second away
                _log.exception("heartbeat_failed")
            stop.wait(HEARTBEAT_SECONDS)
