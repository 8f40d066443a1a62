"""The schedule of key rotation: a thread of the relay process looks once a minute whether it is time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from threading import Thread

import structlog
from pymongo.errors import PyMongoError

from auth_service.domain.signing_key import signer
from auth_service.metrics import RelayMetrics
from auth_service.ports import SealedKeys
from auth_service.use_cases import RotateKeys
from service_kit.clock import Clock
from service_kit.outage_log import OutageLog
from service_kit.process import StopSignal

LOOK_SECONDS = 60.0
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class KeyRotation:
    """Any number of relays may run it: a key has one successor, so that one of them makes it."""

    rotate: RotateKeys
    keys: SealedKeys
    every: timedelta
    metrics: RelayMetrics
    clock: Clock

    def start(self, stop: StopSignal) -> None:
        """Begin, in a daemon thread."""
        Thread(target=self._run, args=(stop,), name="key-rotation", daemon=True).start()

    def look(self) -> None:
        """Rotate if it is due, and measure; raises PyMongoError."""
        self.rotate.if_due(self.every)
        keys, now = self.keys.all(), self.clock.now()
        signing = signer(keys, now)
        self.metrics.signing_keys.set(len(keys))
        self.metrics.signing_key_max_age.set(self.every.total_seconds())
        self.metrics.signing_key_age.set((now - signing.signs_from).total_seconds() if signing else 0.0)

    def _run(self, stop: StopSignal) -> None:
        outage = OutageLog(_log, "key_rotation_waits", "key_rotation_goes_on")
        while not stop.is_set():
            try:
                self.look()
            except PyMongoError as error:
                outage.failed(error)
            except Exception:  # noqa: BLE001 - logged, and the alert on the key's age tells if it stays so
                _log.exception("key_rotation_failed")
            else:
                outage.succeeded()
            stop.wait(LOOK_SECONDS)
