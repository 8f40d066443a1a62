"""The way of a transfer from left to right, with the delay of each hop and what waits before it."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import lazy_gettext as _

from monitoring.status.figures import Figures

NOTIFIER, INGESTER = "notification-consumer", "analytics-ingester"


@dataclass(frozen=True)
class Hop:
    """One hop. `p50` and `p99`: seconds since the transfer was decided (of `answered`: since the request), of the
    last 5 minutes; `waiting`: how many wait before it; `lag`: seconds that the oldest of them has waited;
    `late`: the oldest has waited for longer than is promised.
    """

    name: str
    title: str
    meaning: str
    p50: float | None
    p99: float | None
    waiting: float | None
    lag: float | None
    late: bool


def pipeline(figures: Figures) -> list[Hop]:
    """The hops in order; the last two are taken side by side."""
    return [
        _hop(figures, "answered", _("Ledger"), _("request to durable answer"), None, ("ledger_queue_depth", {})),
        _hop(
            figures,
            "published",
            _("Relay and Kafka"),
            _("decision to topic"),
            ("relay_lag_seconds", {}, 5),
            ("relay_lag_positions", {}),
        ),
        _consumer(figures, "notified", _("Inbox"), _("decision to both inboxes"), NOTIFIER, 5),
        _consumer(figures, "in_lake", _("Reports"), _("decision to the lake"), INGESTER, 10),
    ]


def _consumer(figures: Figures, name: str, title: str, meaning: str, group: str, promised: float) -> Hop:
    labels = {"group": group}
    lag = ("kafka_consumer_lag_seconds", labels, promised)
    return _hop(figures, name, title, meaning, lag, ("kafka_consumer_lag_messages", labels))


def _hop(
    figures: Figures,
    name: str,
    title: str,
    meaning: str,
    lag: tuple[str, dict[str, str], float] | None,
    waiting: tuple[str, dict[str, str]],
) -> Hop:
    seconds = figures.worst(lag[0], **lag[1]) if lag else None
    return Hop(
        name=name,
        title=title,
        meaning=meaning,
        p50=figures.one(f"{name}_p50"),
        p99=figures.one(f"{name}_p99"),
        waiting=_sum(figures, *waiting),
        lag=seconds,
        late=lag is not None and seconds is not None and seconds > lag[2],
    )


def _sum(figures: Figures, gauge: str, labels: dict[str, str]) -> float | None:
    found = [value for _, value in figures.each(gauge, **labels)]
    return sum(found) if found else None
