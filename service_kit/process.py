"""What every process that is no web application needs: signals, health, metrics and an honest end."""

from __future__ import annotations

import errno
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType

from prometheus_client import CollectorRegistry

from service_kit import tracing
from service_kit.clock import Clock, SystemClock
from service_kit.garbage import leave_alone_what_stays
from service_kit.health import Check, HealthServer
from service_kit.logging import get_logger
from service_kit.readiness import Readiness

StopSignal = threading.Event
log = get_logger(__name__)

EXIT_CRASHED = 1
EXIT_MISCONFIGURED = 2


class NoProgress(Exception):
    """The loop is alive and yet hasn't come round for too long."""


class Progress:
    """Tells whether a loop still comes round. The loop calls `beat()` once a round, also when it has nothing to do."""

    def __init__(self, clock: Clock | None = None, *, stale_after_seconds: float = 30.0) -> None:
        self._clock = clock or SystemClock()
        self._stale_after_seconds = stale_after_seconds
        self._beaten_at = self._clock.monotonic()

    def beat(self) -> None:
        """The loop has come round."""
        self._beaten_at = self._clock.monotonic()

    def check(self) -> None:
        """A readiness check.

        Raises:
            NoProgress: the last round began too long ago.
        """
        age = self._clock.monotonic() - self._beaten_at
        if age > self._stale_after_seconds:
            raise NoProgress(f"the loop has not come round for {age:.0f} s")


def run(
    name: str,
    loop: Callable[[StopSignal], None],
    *,
    host: str,
    port: int,
    registry: CollectorRegistry,
    ready: Mapping[str, Check],
    progress: Progress,
) -> int:
    """Run `loop(stop)` in this (the main) thread, beside an HTTP server with /metrics, /healthz and /readyz.

    The first SIGTERM or SIGINT sets `stop`, and the loop ends when its current work is done; a second one ends the
    process as it stands. Each `ready` check returns None when well and raises when not; `loop` is checked besides.
    Set the logs and traces up before; the traces are flushed here.

    Returns:
        The exit code, for `raise SystemExit(run(...))`: 0 stopped, 1 the loop crashed or ended by itself, 2 no port.
    """
    stop = StopSignal()
    checks = {**ready, "loop": progress.check}
    readiness = Readiness(checks)
    registry.register(readiness)
    try:
        server = HealthServer(host, port, registry, checks)
    except OSError as error:
        print(_no_port(name, host, port, error), file=sys.stderr)  # noqa: T201 - for the person at the terminal
        return EXIT_MISCONFIGURED
    leave_alone_what_stays()
    log.info("process_started", name=name, host=host, port=server.port)
    code = EXIT_CRASHED
    with server, _signals_set(stop):
        readiness.start()
        try:
            loop(stop)
            code = 0 if stop.is_set() else EXIT_CRASHED
            log.info("process_stopped", name=name, asked=stop.is_set())
        except Exception:
            log.exception("process_crashed", name=name)
        finally:
            readiness.stop()
            tracing.shutdown()
    return code


def _no_port(name: str, host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"{name}: port {port} on {host} is in use; stop what listens there or set HTTP_PORT"
    if isinstance(error, socket.gaierror):
        return f"{name}: HTTP_HOST {host!r} is no address of this machine"
    return f"{name}: cannot listen on {host}:{port}: {error.strerror}"


@contextmanager
def _signals_set(stop: StopSignal) -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def on_signal(number: int, _frame: FrameType | None) -> None:
        stop.set()
        for each in before:
            signal.signal(each, signal.SIG_DFL)

    for number in before:
        signal.signal(number, on_signal)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
