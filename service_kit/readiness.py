"""What `/readyz` would answer, as a metric: Prometheus asks for nothing but `/metrics`.

The checks are made in a thread of their own, since a scrape must not wait for a store that is away.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from service_kit.clock import Clock, SystemClock
from service_kit.health import Check, failing

PERIOD_SECONDS = 5.0
STALE_SECONDS = 20.0
"""A look this old says that a check hangs, and what hangs does not hold."""


class Readiness(Collector):
    """`process_ready{check}`: 1 while the check holds. Register it; there is no series before the first look."""

    def __init__(self, checks: Mapping[str, Check], clock: Clock | None = None) -> None:
        self._checks = dict(checks)
        self._clock = clock or SystemClock()
        self._stop = threading.Event()
        self._seen: tuple[float, frozenset[str]] | None = None

    def start(self) -> None:
        """Look every PERIOD_SECONDS until `stop`, or until the process ends."""
        threading.Thread(target=self._look_on, name="readiness", daemon=True).start()

    def stop(self) -> None:
        """No further look."""
        self._stop.set()

    def look(self) -> None:
        """Make all checks once."""
        self._seen = self._clock.monotonic(), frozenset(failing(self._checks))

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Called at each scrape."""
        family = GaugeMetricFamily(
            "process_ready", "1 while this check of the process' readiness holds", labels=("check",)
        )
        if self._seen:
            at, failed = self._seen
            fresh = self._clock.monotonic() - at < STALE_SECONDS
            for name in self._checks:
                family.add_metric((name,), float(fresh and name not in failed))
        yield family

    def _look_on(self) -> None:
        while not self._stop.is_set():
            self.look()
            self._stop.wait(PERIOD_SECONDS)
