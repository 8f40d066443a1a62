"""What a book says in figures: of each act of people, and of each second."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.load.book import Entry, quantile


@dataclass(frozen=True)
class Figures:
    """Of the requests that were due within the measured time. Latencies in milliseconds, from when they were due.

    ``from_sending_p99_ms``: what would have been measured from when each was sent. ``sent_late_p99_ms``: how late the
    generator was, by its own doing or since all connections were taken.
    """

    requests: int
    per_second: float
    accepted: int
    rejected: int
    refused: int
    unsettled: int
    asked_again: int
    p50_ms: float
    p90_ms: float
    p99_ms: float
    p999_ms: float
    max_ms: float
    from_sending_p99_ms: float
    sent_late_p99_ms: float


@dataclass(frozen=True)
class Second:
    """``due`` and ``decided`` in this second after the start; the latencies in milliseconds are of those due in it."""

    at: int
    due: int
    decided: int
    p50_ms: float
    p99_ms: float
    max_ms: float


def figures(entries: Sequence[Entry], seconds: float) -> Figures:
    """Of these entries, which were due within so many seconds. Who got no decision is in the counts alone."""
    outcomes = Counter(entry.outcome for entry in entries)
    decided = [entry for entry in entries if entry.outcome != "unsettled"]
    waited = sorted(entry.latency * 1000 for entry in decided)
    sent = sorted((entry.decided_at - entry.sent_at) * 1000 for entry in decided)
    late = sorted((entry.sent_at - entry.due_at) * 1000 for entry in decided)
    return Figures(
        requests=len(entries),
        per_second=round(len(entries) / seconds, 2),
        accepted=outcomes["accepted"],
        rejected=outcomes["rejected"],
        refused=outcomes["refused"],
        unsettled=outcomes["unsettled"],
        asked_again=sum(entry.attempts > 1 for entry in entries),
        **{f"p{name}_ms": round(quantile(waited, share), 2) for name, share in QUANTILES.items()},
        max_ms=round(max(waited, default=0.0), 2),
        from_sending_p99_ms=round(quantile(sent, 0.99), 2),
        sent_late_p99_ms=round(quantile(late, 0.99), 2),
    )


QUANTILES = {"50": 0.5, "90": 0.9, "99": 0.99, "999": 0.999}


def by_act(book: Iterable[Entry], measured_from: float, seconds: float) -> dict[str, Figures]:
    """Of each act that was due within the measured time, most frequent first."""
    acts: dict[str, list[Entry]] = defaultdict(list)
    for entry in book:
        if measured_from <= entry.due_at < measured_from + seconds:
            acts[entry.act].append(entry)
    return {act: figures(acts[act], seconds) for act in sorted(acts, key=lambda act: -len(acts[act]))}


def by_second(book: Iterable[Entry], began: float) -> list[Second]:
    """Of each second since the start, also of those in which nothing was due or decided."""
    due: dict[int, list[float]] = defaultdict(list)
    decided: Counter[int] = Counter()
    for entry in book:
        if entry.outcome != "unsettled":
            decided[int(entry.decided_at - began)] += 1
        due[int(entry.due_at - began)].append(entry.latency * 1000)
    last = max([*due, *decided], default=-1)
    return [_second(at, sorted(due.get(at, [])), decided[at]) for at in range(last + 1)]


def _second(at: int, waited: list[float], decided: int) -> Second:
    p50, p99 = (round(quantile(waited, share), 2) for share in (0.5, 0.99))
    return Second(at, len(waited), decided, p50, p99, round(max(waited, default=0.0), 2))
