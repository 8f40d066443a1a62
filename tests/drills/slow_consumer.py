"""The consumer of notifications is slow, and neither dead nor stalled: its lag is named, and nothing else of it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from bench.cost import cpu_seconds
from bench.stacks import Platform
from tests.drills.alerts import Alert, firing
from tests.drills.stop_consumer import LAG, PROCESS, at_last, calm
from tests.drills.throttle import Throttle

MEASURED_SECONDS = 4.0
SHARE = 0.1
"""Of the time that it takes under the same load when nobody holds it back."""
SLOW_SECONDS = 75.0
"""One that had stalled, or gone, would be named as that by then."""
NOT_SLOW = {"ConsumerStalled", "ConsumerGone", "ConsumerHalted", "ConsumerFailing", "ProcessDown", "ProcessRestarted"}
"""Alerts that would send somebody to look for something else."""


class SlowConsumer:
    """It gets a tenth of the processor's time that it needs, and then all again."""

    name = "slow-consumer"
    alerts: Sequence[Alert] = (Alert("ConsumerLag", {"group": PROCESS}),)
    silence_limit_s = 5.0

    def __init__(self) -> None:
        self._platform: Platform | None = None
        self._throttle: Throttle | None = None
        self._pid = 0
        self._share = 0.0
        self._began = 0.0
        self._released = 0.0
        self._misnamed: set[str] = set()
        self._caught_up_seconds = 0.0

    def aim(self, platform: Platform) -> None:
        """What it takes of a processor while it keeps up."""
        self._platform = platform
        self._pid = platform.stack.pid(PROCESS)
        before = cpu_seconds(self._pid)
        time.sleep(MEASURED_SECONDS)
        self._share = (cpu_seconds(self._pid) - before) / MEASURED_SECONDS * SHARE

    def inject(self) -> None:
        self._began = time.monotonic()
        self._throttle = Throttle(self._pid, self._share)

    def heal(self) -> None:
        """Once nobody could take it for dead any more, let it go."""
        assert self._platform is not None
        assert self._throttle is not None
        try:
            while time.monotonic() < self._began + SLOW_SECONDS:
                self._misnamed |= _misnamed(self._platform)
                time.sleep(1)
        finally:
            self._throttle.release()
            self._released = time.monotonic()

    def findings(self, platform: Platform) -> list[str]:
        """It was named rightly only, catches up by itself, and the alert ends."""
        found = [f"{name} took the slow {PROCESS} for something else" for name in sorted(self._misnamed)]
        if (lag := at_last(platform, LAG)) != 0:
            found.append(f"{LAG} is {lag} in the end")
        self._caught_up_seconds = time.monotonic() - self._released
        found += [f"{alert} still fires" for alert in self.alerts if not calm(platform, alert)]
        return [*found, *platform.unhealthy()]

    def figures(self) -> Mapping[str, float]:
        """The share of a processor that it got, and how long it took to catch up, at most."""
        return {"cpu_share": round(self._share, 4), "caught_up_seconds": round(self._caught_up_seconds, 1)}


def _misnamed(platform: Platform) -> set[str]:
    of_it = [labels for labels in firing(platform.prometheus_url) if PROCESS in labels.values()]
    return {labels["alertname"] for labels in of_it} & NOT_SLOW
