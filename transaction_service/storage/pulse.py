"""Shows that the holder of a lease lives, from a thread of its own: a batch may wait for its broker for longer than a
lease lasts, and that is no reason to take over."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Protocol

import structlog
from pymongo.errors import PyMongoError

from service_kit.process import NoProgress
from transaction_service.storage.lease import BEAT_SECONDS, LEASE_SECONDS, Lease, LeaseLostError

log = structlog.get_logger(__name__)


class Beating(Protocol):
    """What a pulse needs of a LeaseKeeper."""

    def beat(self, lease: Lease) -> None: ...


class Pulse:
    """Beats from `with` on. `alive` raises NoProgress when the holder hangs: then there is no beat, and the standby
    takes over."""

    def __init__(
        self, keeper: Beating, lease: Lease, alive: Callable[[], None], monotonic: Callable[[], float]
    ) -> None:
        self._keeper = keeper
        self._lease = lease
        self._alive = alive
        self._monotonic = monotonic
        self._shown_at = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._go_on, name="lease-pulse", daemon=True)

    def __enter__(self) -> Pulse:
        self.beat()
        self._thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def require(self) -> None:
        """Return if nobody else can have taken the lease by now: call it right before what can't be taken back.

        A candidate waits for LEASE_SECONDS after the last beat that it saw, so within that time nobody has to be asked.

        Raises:
            LeaseLostError: another process took over, while this one was frozen or cut off.
            PyMongoError: MongoDB doesn't say.
        """
        if self._monotonic() - self._shown_at >= LEASE_SECONDS:
            self.beat()

    def beat(self) -> None:
        """One beat; raises as `require` does."""
        began = self._monotonic()
        self._keeper.beat(self._lease)
        self._shown_at = began

    def _go_on(self) -> None:
        while not self._stop.wait(BEAT_SECONDS):
            try:
                self._alive()
                self.beat()
            except LeaseLostError:
                # The next `require` asks, and is told so.
                self._shown_at = float("-inf")
                return
            except (NoProgress, PyMongoError) as error:
                log.debug("beat_missed", epoch=self._lease.epoch, error=str(error))
