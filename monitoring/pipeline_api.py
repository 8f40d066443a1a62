"""What the other services say that they have of a range of journal positions, and having one published again; with this
service's token."""

from __future__ import annotations

from monitoring.asking import NOT_UNDERSTOOD, SourceAway
from monitoring.journey.services import ServiceApi
from monitoring.reconciliation.holes import Hole
from monitoring.reconciliation.minutes import Figures
from monitoring.reconciliation.repairer import Order


class Coverage:
    """One service's coverage API, as a function of a range."""

    def __init__(self, api: ServiceApi, path: str, *totals: str) -> None:
        """`totals` are the names of the answer's figures beside `events`, which are added up."""
        self._api = api
        self._path = path
        self._names = ("events", *totals)

    def __call__(self, after: int, upto: int) -> Figures:
        """What there is above `after`, up to and with `upto`; raises SourceAway."""
        answer = self._api.get(f"{self._path}?after={after}&upto={upto}") or {}
        events, *totals = (self._count(answer.get(name)) for name in self._names)
        return Figures(events, sum(totals))

    def _count(self, told: object) -> int:
        if type(told) is not int:
            raise SourceAway(self._api.name, NOT_UNDERSTOOD)
        return told


def notified(api: ServiceApi) -> Coverage:
    """Distinct events with a notification in an inbox, and the notifications."""
    return Coverage(api, "/v1/notifications/coverage", "notifications")


def in_lake(api: ServiceApi) -> Coverage:
    """Positions that the lake's manifest covers; the rows that its files have, or had until that day was let go."""
    return Coverage(api, "/v1/lake/coverage", "rows", "retired")


def republication(api: ServiceApi) -> Order:
    """Orders at the ledger's service; its relay publishes."""

    def order(hole: Hole) -> None:
        api.post("/v1/ledger/republications", {"from": hole.first, "to": hole.last})

    return order
