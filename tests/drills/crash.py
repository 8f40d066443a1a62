"""A process dies between two steps, at a fail point (service_kit/fail_points.py); the next makes the second good."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.stacks import Platform
from service_kit.fail_points import Point
from stack.layout import Layout
from tests.drills.alerts import Alert
from tests.drills.metrics import total
from tests.drills.published import published_since
from tests.drills.writers import LEDGERS, RELAYS

MET_WITHIN_SECONDS = 20
LOOK_SECONDS = 0.01


class Crash:
    """Of several processes the one dies that comes to the point first after the order."""

    silence_limit_s = 5.0

    def __init__(self, name: str, order: str, processes: Sequence[str], alerts: Sequence[Alert]) -> None:
        """`order`: the point, with the consumer group before it where there are several."""
        self.name = name
        self.alerts = alerts
        self.ended_at = 0.0
        self._processes = processes
        self._name = order
        self._order = Path()
        self._repaired = 0.0
        self._since = 0.0
        self._doubled = 0
        self._met = False

    def aim(self, platform: Platform) -> None:
        """Raises RuntimeError where nobody looks for orders."""
        folder = platform.stack.env(self._processes[0])["FAIL_POINTS"]
        if not folder:
            raise RuntimeError(f"{platform.directory} was started without FAIL_POINTS: nobody would die")
        Path(folder).mkdir(exist_ok=True)
        self._order = Path(folder) / self._name
        self._repaired = _repairs(platform)
        self._since = time.time()

    def inject(self) -> None:
        """Order it, and wait until it has happened; what nobody came to is taken back."""
        self._order.touch()
        deadline = time.monotonic() + MET_WITHIN_SECONDS
        while self._order.exists() and time.monotonic() < deadline:
            time.sleep(LOOK_SECONDS)
        self._met = not self._order.exists()
        self._order.unlink(missing_ok=True)
        self.ended_at = time.time()

    def heal(self) -> None:
        """The supervisor does, and whoever took over."""

    def findings(self, platform: Platform) -> list[str]:
        """It died there, nothing is on the topic twice, and nothing had to be published again to be whole."""
        self._doubled = published_since(platform.kafka_bootstrap_servers, self._since).doubled
        found = platform.unhealthy()
        if not self._met:
            found.append(f"none of {', '.join(self._processes)} came to {self._name}")
        if self._doubled:
            found.append(f"{self._doubled} records are on the topic again")
        if repairs := _repairs(platform) - self._repaired:
            found.append(f"monitoring found a stage to lack something, and had it published again {repairs:g} times")
        return found

    def figures(self) -> Mapping[str, float]:
        """What is on the topic beyond each position's first record."""
        return {"doubled_on_topic": self._doubled}


def _restarted(process: str) -> tuple[Alert, ...]:
    return (Alert("ProcessRestarted", {"process": process}),)


CRASHES = (
    Crash("crash-relay-read", Point.READ, RELAYS, (Alert("RelayTakeover"),)),
    Crash("crash-relay-published", Point.PUBLISHED, RELAYS, (Alert("RelayTakeover"),)),
    Crash("crash-writer-committed", Point.COMMITTED, LEDGERS, (Alert("LedgerTakeover"),)),
    *(
        Crash(f"crash-{called}-{point}", f"{process}.{point}", (process,), _restarted(process))
        for called, process in (("consumer", "notification-consumer"), ("ingester", "analytics-ingester"))
        for point in (Point.TAKEN, Point.HANDLED)
    ),
)


def _repairs(platform: Platform) -> float:
    return total(platform, "monitoring-auditor", "reconciliation_repairs_total")


def with_fail_points(directory: str) -> dict[str, str]:
    """The settings of a stack in `directory` whose processes look for orders."""
    return {"FAIL_POINTS": str(Layout.of({}, directory).run / "fail-points")}
