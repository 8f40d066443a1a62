"""Cycles: money that comes back to where it began by way of others, each passing on about as much as they got.

AMLSim's third typology. A cycle goes forward in time, through accounts that are all different, and each amount differs
from the one before it by no more than the tolerance. First everything is dropped that can be in none: a cycle's first
payment must be followed by one of its payee's and by one to its payer, in time. Then it is searched for, depth first,
from each that is left.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np
import pandas as pd

from analytics_service.reports.risk.finding import Edge, Finding
from analytics_service.reports.risk.pattern import Pattern
from analytics_service.reports.thresholds import Threshold, Values, large_enough, min_amount, window_hours

STEPS_MAX = 5_000
"""From one payment no more are followed: where there are so many, fan-in and fan-out say so, and this must end."""
SCORE_A_HOP = 60


class _Graph:
    """Edges by number, in order of time, and each account's edges in that order."""

    def __init__(self, edges: Sequence[Edge], window_ms: int) -> None:
        self.edges = edges
        names = [name for edge in edges for name in (edge.payer, edge.payee)]
        accounts, _ = pd.factorize(np.array(names, dtype=object))
        self.payer, self.payee = accounts[0::2], accounts[1::2]
        at = np.array([edge.at for edge in edges], dtype=np.int64)
        self.until = np.searchsorted(at, at + window_ms, side="right")
        """For each edge the number of the first one that is too late for a cycle that begins with it."""
        self._out = self._keys(self.payer)
        self._into = self._keys(self.payee)
        self._order_out = np.argsort(self._key(self.payer), kind="stable")

    def starts(self) -> np.ndarray:
        """The edges that a cycle may begin with."""
        number = np.arange(len(self.edges))
        goes_on = self._any(self._out, self.payee, number + 1, self.until)
        comes_back = self._any(self._into, self.payer, number + 1, self.until)
        found: np.ndarray = np.flatnonzero(goes_on & comes_back)
        return found

    def following(self, edge: int, until: int) -> Iterator[int]:
        """What the payee of `edge` paid after it, before the number `until`."""
        base = self.payee[edge] * len(self.edges)
        first, end = np.searchsorted(self._out, (base + edge + 1, base + until))
        yield from self._order_out[first:end].tolist()

    def _key(self, account: np.ndarray) -> np.ndarray:
        return account.astype(np.int64) * len(self.edges) + np.arange(len(self.edges))

    def _keys(self, account: np.ndarray) -> np.ndarray:
        return np.sort(self._key(account))

    def _any(self, keys: np.ndarray, account: np.ndarray, first: np.ndarray, end: np.ndarray) -> np.ndarray:
        base = account.astype(np.int64) * len(self.edges)
        found: np.ndarray = np.searchsorted(keys, base + end) > np.searchsorted(keys, base + first)
        return found


def _find(edges: Sequence[Edge], values: Values) -> Iterator[Finding]:
    """Of the same accounts a payment proves one cycle, the first."""
    if not edges:
        return
    graph = _Graph(edges, window_hours(values))
    used: set[tuple[frozenset[int], int]] = set()
    for start in graph.starts().tolist():
        for path in sorted(islice(_paths(graph, start, values), STEPS_MAX), key=lambda path: (len(path), path)):
            accounts = frozenset(graph.payer[path].tolist())
            if any((accounts, edge) in used for edge in path):
                continue
            used.update((accounts, edge) for edge in path)
            proof = tuple(edges[edge] for edge in path)
            yield Finding("cycle", proof[0].payer, _score(proof), proof)


def _paths(graph: _Graph, start: int, values: Values) -> Iterator[list[int]]:
    """The cycles that begin with `start`; gives up after STEPS_MAX steps."""
    home, until = graph.payer[start], int(graph.until[start])
    steps = 0
    open_paths = [[start]]
    while open_paths:
        path = open_paths.pop()
        for edge in graph.following(path[-1], until):
            steps += 1
            if steps > STEPS_MAX:
                return
            if not _alike(graph.edges[path[-1]].amount, graph.edges[edge].amount, values["tolerance"]):
                continue
            payee = graph.payee[edge]
            if payee == home:
                yield [*path, edge]
            elif len(path) + 1 < values["hops"] and payee not in graph.payer[path]:
                open_paths.append([*path, edge])


def _alike(before: int, after: int, tolerance: int) -> bool:
    return abs(after - before) * 100 <= tolerance * before


def _score(proof: Sequence[Edge]) -> int:
    """More hops are less of a chance, and so is money that came back whole."""
    first, last = proof[0].amount, proof[-1].amount
    return SCORE_A_HOP * len(proof) + min(first, last) * 100 // max(first, last)


CYCLE = Pattern(
    name="cycle",
    title="Cycles",
    description="Money comes back to where it began by way of others who each pass on about as much: turnover that "
    "isn't, or a trail that is blurred.",
    thresholds=(
        Threshold("window_hours", 72, 1, 24 * 31, "from the first payment to the last, so many hours"),
        Threshold("hops", 5, 2, 6, "at most so many payments"),
        Threshold("tolerance", 10, 0, 50, "in percent: how far each amount may be from the one before it"),
        min_amount(10_000),
    ),
    window_ms=window_hours,
    counts=large_enough,
    find=_find,
)
