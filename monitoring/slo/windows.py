"""How fast a budget may burn, over which windows: chapter 5 of Google's SRE workbook, "Alerting on SLOs".

https://sre.google/workbook/alerting-on-slos/#6-multiwindow-multi-burn-rate-alerts
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

SCALES = {"real": 1, "demo": 12}
"""How many times shorter the windows are: those of a demonstration show a burn within a minute or two."""


@dataclass(frozen=True)
class Burn:
    """A speed at which the budget goes. Speed 1 uses it up exactly at the end of its window of 30 days.

    Over the long window it must go so fast for the alert to matter, and over the short one for it to go on.
    """

    name: str
    severity: str
    speed: float
    short: timedelta
    long: timedelta

    @property
    def windows(self) -> dict[str, timedelta]:
        """Both windows, by the label `side`."""
        return {"short": self.short, "long": self.long}


WORKBOOK = (
    Burn("page-fast", "page", 14.4, timedelta(minutes=5), timedelta(hours=1)),
    Burn("page-slow", "page", 6, timedelta(minutes=30), timedelta(hours=6)),
    Burn("ticket-fast", "ticket", 3, timedelta(hours=2), timedelta(days=1)),
    Burn("ticket-slow", "ticket", 1, timedelta(hours=6), timedelta(days=3)),
)


def burns(scale: str) -> tuple[Burn, ...]:
    """The workbook's, as short as the scale wants them."""
    by = SCALES[scale]
    return tuple(Burn(each.name, each.severity, each.speed, each.short / by, each.long / by) for each in WORKBOOK)


def written(span: timedelta) -> str:
    """A span as Prometheus writes it, in its largest whole unit."""
    seconds = round(span.total_seconds())
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
