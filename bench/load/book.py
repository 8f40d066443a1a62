"""The generator's own book: what was sent under which key and what was decided about it."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final, Literal

import orjson

Outcome = Literal["accepted", "rejected", "refused", "unsettled"]
PAY: Final = "pay"


@dataclass(slots=True)
class Entry:
    """One key and its fate. Times are seconds since the epoch.

    ``outcome``: ``accepted`` (2xx), ``rejected`` (decided and saved with the key), ``refused`` (a 4xx that consumes no
    key), ``unsettled`` (no decision was to be had in time). ``attempts`` counts requests, ``unanswered`` those that no
    answer came to, ``answers_5xx`` the answers 5xx, ``faults`` those of them that were 500 (a bug, whatever was decided
    then), ``replays`` the answers to deliberate repeats that were the first answer again, ``wrong_replays`` those that
    were not. ``told``: the position of each transfer that the answer tells of, by its id; a batch tells of several.

    ``act``: what a person did, where they do more than pay. ``due_at``: when they meant to, where that doesn't wait for
    the answers before; 0 in a closed loop, which means to send when it sends.
    """

    key: str | None
    payer: str
    sent_at: float
    decided_at: float = 0.0
    outcome: Outcome = "unsettled"
    code: str | None = None
    transfer_id: str | None = None
    position: int | None = None
    attempts: int = 0
    unanswered: int = 0
    faults: int = 0
    replays: int = 0
    wrong_replays: int = 0
    told: dict[str, int] = field(default_factory=dict)
    answers_5xx: int = 0
    act: str = PAY
    due_at: float = 0.0

    @property
    def latency(self) -> float:
        """Seconds from when it was meant to be sent until the decision. What was sent late has waited too."""
        return self.decided_at - (self.due_at or self.sent_at)


def write_book(path: Path, entries: Iterable[Entry]) -> None:
    """One JSON object a line, in the order of the decisions."""
    with path.open("wb") as file:
        for entry in entries:
            file.write(orjson.dumps(asdict(entry)) + b"\n")


def read_book(path: Path) -> list[Entry]:
    """The entries as written; FileNotFoundError when the run did not get as far as writing them."""
    with path.open("rb") as file:
        return [Entry(**orjson.loads(line)) for line in file]


def of_outcome(entries: Iterable[Entry], outcome: Outcome) -> Iterator[Entry]:
    """Those entries that ended so."""
    return (entry for entry in entries if entry.outcome == outcome)


@dataclass(frozen=True, slots=True)
class Tally:
    """The book in figures. ``rate``: accepted transfers a second of the measured time; latencies in milliseconds."""

    accepted: int
    rejected: int
    refused: int
    unsettled: int
    replays: int
    wrong_replays: int
    faults: int
    unanswered: int
    codes: dict[str, int]
    rate: float
    p50_ms: float
    p99_ms: float


def tally(entries: list[Entry], *, measured_from: float, measured_until: float) -> Tally:
    """Count the book; the rate and the latencies look only at what was decided within the measured time."""
    outcomes = Counter(entry.outcome for entry in entries)
    accepted = [e for e in of_outcome(entries, "accepted") if measured_from <= e.decided_at < measured_until]
    latencies = sorted(entry.latency for entry in accepted)
    return Tally(
        accepted=outcomes["accepted"],
        rejected=outcomes["rejected"],
        refused=outcomes["refused"],
        unsettled=outcomes["unsettled"],
        replays=sum(entry.replays for entry in entries),
        wrong_replays=sum(entry.wrong_replays for entry in entries),
        faults=sum(entry.faults for entry in entries),
        unanswered=sum(entry.unanswered for entry in entries),
        codes=dict(Counter(entry.code for entry in entries if entry.code)),
        rate=len(accepted) / (measured_until - measured_from),
        p50_ms=quantile(latencies, 0.50) * 1000,
        p99_ms=quantile(latencies, 0.99) * 1000,
    )


def quantile(ordered: list[float], share: float) -> float:
    """The exact nearest-rank quantile; 0 of nothing."""
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0
