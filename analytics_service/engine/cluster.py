"""Dask at a scheduler, for lakes that want more than one machine.

One connection, made when the first large report asks for it. The scheduler gives the pieces of a worker that died to
the others; what it can't mend, its own absence or that of all workers, is told as EngineUnavailable.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from typing import Any

import structlog

from analytics_service.engine.versions import differences
from analytics_service.engine.work import Parts, Work, Workers, tree_of
from service_kit.clock import Clock, SystemClock
from service_kit.errors import Unavailable
from service_kit.outage_log import OutageLog

CONNECT_SECONDS = 3
RETRY_SECONDS = 5
"""So long after a failure nobody tries again: requests must not queue up for a scheduler that is away."""
ROUND_SECONDS = 1.0
NO_WORKERS_SECONDS = 10.0
"""A worker that was killed is back within that time, where somebody starts it again."""
ANSWER_SECONDS = 5
SILENT_SECONDS = 60.0
"""A scheduler that is only busy answers within that time; one that has died is known by its connection at once."""

log = structlog.get_logger(__name__)


class EngineUnavailable(Unavailable):
    """The cluster that large reports are run on is away; small ones go on."""

    code = "engine_unavailable"
    title = "Large reports are not available right now"


def on_cluster(address: str) -> Workers:
    """Dask at a scheduler; its workers must have this code, and see the lake's folder under the same path."""
    return Cluster(address, SystemClock())


class Cluster:
    """The workers of one scheduler. Any thread may use it; all share the connection."""

    def __init__(self, address: str, clock: Clock, connect_seconds: float = CONNECT_SECONDS) -> None:
        self._address = address
        self._clock = clock
        self._connect_seconds = connect_seconds
        self._lock = threading.Lock()
        self._connected: Any = None
        self._try_again_at = clock.monotonic()
        self._outage = OutageLog(log.bind(scheduler=address), begins="dask_unavailable", over="dask_available_again")

    def __call__(self, work: Work) -> Parts:
        """Raises EngineUnavailable, and what `work.done` raises once the pieces that wait have been called off."""
        client = self._client()
        with _as_unavailable():
            leaves, root = tree_of(work)
            *of_leaves, result = client.compute([*leaves, root], optimize_graph=False)
        try:
            for number in self._as_they_end(client, [*of_leaves, result]):
                if number < len(of_leaves):
                    # The scheduler keeps what is still to be added up, and for us nothing.
                    of_leaves[number].release()
                    work.done(work.pieces[number])
            return _result_of(result)
        finally:
            # Of one that is done nothing is left to cancel.
            client.cancel([future for future in (*of_leaves, result) if not future.done()])

    @property
    def connection(self) -> Any:
        """Dask's client, as it is kept; None where there is none."""
        return self._connected

    def close(self) -> None:
        """Let go of the connection; the next run makes one."""
        with self._lock:
            if self._connected is not None:
                self._connected.close()
                self._connected = None

    def _client(self) -> Any:
        with self._lock:
            if self._connected is not None and self._connected.status == "running":
                return self._connected
            wait = self._try_again_at - self._clock.monotonic()
            if wait > 0:
                raise EngineUnavailable("The Dask scheduler does not answer.", retry_after=int(wait) + 1)
            try:
                self._connected = self._connect()
            except EngineUnavailable as error:
                self._try_again_at = self._clock.monotonic() + RETRY_SECONDS
                self._outage.failed(error)
                raise
            self._outage.succeeded()
            return self._connected

    def _connect(self) -> Any:
        from distributed import Client

        if self._connected is not None:
            self._connected.close(timeout=CONNECT_SECONDS)
            self._connected = None
        try:
            client = Client(self._address, timeout=self._connect_seconds, set_as_default=False)
        except (OSError, TimeoutError):
            raise EngineUnavailable("The Dask scheduler does not answer.", retry_after=RETRY_SECONDS) from None
        try:
            _require_our_versions(client)
        except BaseException:
            client.close(timeout=CONNECT_SECONDS)
            raise
        return client

    def _as_they_end(self, client: Any, futures: list[Any]) -> Iterator[int]:
        """The number of each future that has a result, as it comes. Raises what a task raised."""
        ended: SimpleQueue[int] = SimpleQueue()
        for each, future in enumerate(futures):
            future.add_done_callback(_telling(ended, each))
        signs = Signs(self._clock)
        waiting = len(futures)
        while waiting:
            number = _next(ended)
            if number is not None:
                if futures[number].status != "finished":
                    _result_of(futures[number])
                waiting -= 1
                yield number
            # Only a worker ends a piece.
            signs.of(_workers_known(client) if number is None else 1)


class Signs:
    """Of life, of a scheduler and its workers."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._answered = self._with_workers = clock.monotonic()

    def of(self, workers: int | None) -> None:
        """So many are known now; None where there was no answer. Raises EngineUnavailable once that lasts."""
        now = self._clock.monotonic()
        if workers is not None:
            self._answered = now
        elif now - self._answered > SILENT_SECONDS:
            raise EngineUnavailable("The Dask scheduler does not answer.", retry_after=RETRY_SECONDS)
        if workers:
            self._with_workers = now
        elif workers == 0 and now - self._with_workers > NO_WORKERS_SECONDS:
            raise EngineUnavailable("The Dask cluster has no workers.", retry_after=RETRY_SECONDS)


def _require_our_versions(client: Any) -> None:
    with _as_unavailable():
        found = differences(client.get_versions(packages=["pyarrow"]))
    if found:
        raise EngineUnavailable(f"The Dask cluster has other versions: {'; '.join(found)}.", retry_after=RETRY_SECONDS)


def _telling(ended: SimpleQueue[int], number: int) -> Callable[[Any], None]:
    return lambda _future: ended.put(number)


def _next(ended: SimpleQueue[int]) -> int | None:
    try:
        return ended.get(timeout=ROUND_SECONDS)
    except Empty:
        return None


def _workers_known(client: Any) -> int | None:
    """How many the scheduler has; None where it is too busy to say."""
    with _as_unavailable():
        try:
            return len(client.sync(client.scheduler.ncores, workers=None, callback_timeout=ANSWER_SECONDS))
        except TimeoutError:
            return None


def _result_of(future: Any) -> Parts:
    with _as_unavailable():
        parts: Parts = future.result()
        return parts


@contextmanager
def _as_unavailable() -> Iterator[None]:
    from distributed.comm import CommClosedError
    from distributed.scheduler import KilledWorker

    try:
        yield
    except (CancelledError, CommClosedError, TimeoutError):
        raise EngineUnavailable("The Dask scheduler was lost.", retry_after=RETRY_SECONDS) from None
    except KilledWorker:
        raise EngineUnavailable("The workers of the Dask cluster die of this report.", retry_after=60) from None
    except ImportError:
        raise EngineUnavailable("The Dask workers do not have this program.", retry_after=60) from None
