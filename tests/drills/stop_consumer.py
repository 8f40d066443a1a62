"""The consumer of notifications stands still: its lag grows in seconds, and what is missing is counted from outside."""

import time
from collections.abc import Sequence

from bench.stacks import Platform
from stack.supervision import Supervisor
from tests.drills.alerts import Alert, resolved
from tests.drills.metrics import query

PROCESS = "notification-consumer"
LAG = 'kafka_consumer_lag_seconds{group="notification-consumer"}'
MISSING = 'reconciliation_missing{stage="notified"}'
CALM_SECONDS = 90


class StopConsumer:
    """Stopped as an operator would, so that nothing brings it back; started again once its alert has fired."""

    name = "stop-consumer"
    alerts: Sequence[Alert] = (Alert("ConsumerLag", {"group": "notification-consumer"}),)
    silence_limit_s = 5.0

    def __init__(self) -> None:
        self._platform: Platform | None = None
        self._seen: dict[str, float | None] = {}

    def aim(self, platform: Platform) -> None:
        self._platform = platform

    def inject(self) -> None:
        self._supervisor().stop_process(PROCESS)

    def heal(self) -> None:
        """Look at what monitoring says, then start it."""
        assert self._platform is not None
        self._seen = {expression: query(self._platform, expression) for expression in (LAG, MISSING)}
        self._supervisor().start_process(PROCESS)

    def findings(self, platform: Platform) -> list[str]:
        """Both figures grew while it stood, and went back; the alert has resolved."""
        found = [f"{what} was {value} while {PROCESS} stood" for what, value in self._seen.items() if not value]
        found += [f"{alert} still fires" for alert in self.alerts if not calm(platform, alert)]
        found += [f"{what} is {value} in the end" for what in (LAG, MISSING) if (value := at_last(platform, what)) != 0]
        return [*found, *platform.unhealthy()]

    def _supervisor(self) -> Supervisor:
        assert self._platform is not None
        return Supervisor(self._platform.stack.layout)


def at_last(platform: Platform, what: str) -> float | None:
    """The figure as soon as it is 0, or what it still is: it is measured every few seconds, and scraped after that."""
    deadline = time.monotonic() + CALM_SECONDS
    while (value := query(platform, what)) != 0 and time.monotonic() < deadline:
        time.sleep(1)
    return value


def calm(platform: Platform, alert: Alert) -> bool:
    return resolved(platform.prometheus_url, alert, within_s=CALM_SECONDS)
