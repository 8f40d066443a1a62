"""Stretches of time in which an account is too busy: exact, whatever borders of files or days lie between."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from analytics_service.reports.risk.finding import Edge

Party = Callable[[Edge], object]
"""What of an edge is counted once in a window, however often it comes."""


def each_by_itself(edge: Edge) -> object:
    """Every edge counts."""
    return edge.position, edge.payee


def windows(edges: Sequence[Edge], length_ms: int, party: Party) -> Iterator[tuple[int, int, int]]:
    """For each edge the window of `length_ms` that begins with it: its first and last index (exclusive), its parties.

    The edges are in order of time; the end of a window is no part of it.
    """
    inside: Counter[object] = Counter()
    end = 0
    for first, edge in enumerate(edges):
        while end < len(edges) and edges[end].at - edge.at < length_ms:
            inside[party(edges[end])] += 1
            end += 1
        yield first, end, len(inside)
        gone = party(edge)
        inside[gone] -= 1
        if not inside[gone]:
            del inside[gone]


def runs(edges: Sequence[Edge], length_ms: int, party: Party, least: int) -> Iterator[list[tuple[int, int, int]]]:
    """The windows with at least `least` parties; those that have edges in common together."""
    run: list[tuple[int, int, int]] = []
    for window in windows(edges, length_ms, party):
        if window[2] < least:
            continue
        if run and window[0] >= run[-1][1]:
            yield run
            run = []
        run.append(window)
    if run:
        yield run


def is_busy(edges: Sequence[Edge], length_ms: int, party: Party, least: int) -> bool:
    """Whether there is such a window."""
    return any(parties >= least for _, _, parties in windows(edges, length_ms, party))
