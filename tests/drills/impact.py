"""What people noticed of faults, from the sender's book: how long they waited, what they were told, for how long. Pure.

A client that waits sends nothing, so the book has one long wait where a person who comes by at any moment would have
had one of many. Waits are therefore told as HdrHistogram corrects "coordinated omission" (G. Tene, "How NOT to Measure
Latency", 2013): who waits longer than clients usually rest between two requests also counts for the requests that were
not sent meanwhile.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from bench.load.book import Entry, of_outcome, quantile

WARM_UP_SECONDS = 1.0
"""The load's first second: connections are made, caches are cold."""
PACE_SECONDS = 5.0
"""The pace before a fault is that of so many seconds."""
WINDOW_SECONDS = 1.0
"""Accepting is back when it was back for a whole second."""
BACK = 0.95


@dataclass(frozen=True)
class Span:
    """When a fault began and when what was broken was whole again: healed, or killed and left to the supervisor."""

    began_at: float
    ended_at: float


@dataclass(frozen=True)
class Impact:
    """p99 in milliseconds of the time from the first sending of a key to its decision, or to its being given up.

    `before`: decided before the first fault, though not of the load's first second; `during`: any part of the wait lay
    between a fault and the recovery from it; `after`: all others. None where there was nothing of the kind.
    `answers_5xx`: 500 and 503 among them. `recovery_seconds`: the worst, None when there was none.
    """

    p99_before_ms: float | None
    p99_during_ms: float | None
    p99_after_ms: float | None
    answers_5xx: int
    recovery_seconds: float | None


def impact(book: Sequence[Entry], faults: Sequence[Span]) -> Impact:
    """Of the faults of one load, in order of their beginnings."""
    accepted = sorted(entry.decided_at for entry in of_outcome(book, "accepted"))
    warm_at = calm_since = min((entry.sent_at for entry in book), default=0.0) + WARM_UP_SECONDS
    first_at, first_pace = faults[0].began_at, pace(accepted, warm_at, faults[0].began_at)
    before, recoveries, felt = first_pace, list[float | None](), list[Span]()
    for fault in faults:
        # Shortly after an earlier fault there is nothing to compare with but the pace before that one.
        before = pace(accepted, max(calm_since, fault.began_at - PACE_SECONDS), fault.began_at) or before
        recovery = recovery_seconds(accepted, fault.ended_at, before)
        calm_since = math.inf if recovery is None else fault.ended_at + recovery + WINDOW_SECONDS
        recoveries.append(recovery)
        felt.append(Span(fault.began_at, calm_since))
    rest = len({entry.payer for entry in book}) / first_pace if first_pace else math.inf
    parts: dict[str, list[float]] = {"before": [], "during": [], "after": []}
    for sent_at, decided_at in _waits((entry for entry in book if entry.sent_at >= warm_at), rest):
        parts[_part(sent_at, decided_at, first_at, felt)].append(decided_at - sent_at)
    return Impact(
        *(_p99_ms(parts[name]) for name in ("before", "during", "after")),
        answers_5xx=sum(entry.answers_5xx for entry in book),
        recovery_seconds=None if None in recoveries else max(each for each in recoveries if each is not None),
    )


def pace(accepted: Sequence[float], since: float, until: float) -> float | None:
    """Accepted a second, of the sorted moments; None when the time is too short to tell, or nothing was accepted."""
    if until - since < WINDOW_SECONDS:
        return None
    return (bisect_left(accepted, until) - bisect_left(accepted, since)) / (until - since) or None


def recovery_seconds(accepted: Sequence[float], ended_at: float, before: float | None) -> float | None:
    """From the end of a fault to the first second in which accepting is at 0.95 of the pace before.

    None when that never came before the load's end, or when there was no pace before.
    """
    if before is None:
        return None
    wanted = math.ceil(BACK * before * WINDOW_SECONDS)
    first = bisect_left(accepted, ended_at)
    # The window begins at the fault's end, or right after an answer: anything else has no more answers in it.
    for begin, index in [(ended_at, first), *((accepted[n - 1], n) for n in range(first + 1, len(accepted)))]:
        last = index + wanted - 1
        if last >= len(accepted):
            return None
        if accepted[last] <= begin + WINDOW_SECONDS:
            return round(begin - ended_at, 2)
    return None


def _waits(book: Iterable[Entry], rest: float) -> Iterator[tuple[float, float]]:
    """When each key was meant to be sent and was decided, and those that a client did not send because it waited."""
    for entry in book:
        yield entry.decided_at - entry.latency, entry.decided_at
        if entry.due_at:
            continue  # who comes when they mean to, whoever waits, leaves nothing out
        for missed in range(1, int((entry.decided_at - entry.sent_at) / rest)):
            yield entry.sent_at + missed * rest, entry.decided_at


def _part(sent_at: float, decided_at: float, first_at: float, felt: Sequence[Span]) -> str:
    if decided_at < first_at:
        return "before"
    return "during" if any(sent_at < f.ended_at and decided_at >= f.began_at for f in felt) else "after"


def _p99_ms(waits: list[float]) -> float | None:
    return round(quantile(sorted(waits), 0.99) * 1000, 1) if waits else None
