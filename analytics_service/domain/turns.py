"""Whose turn it is: one of each person's jobs after the other, so that nobody waits for another's backlog."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Active:
    """A job that waits or runs; ids sort by when they were ordered. `waits`: it may be taken, since it is queued, or
    whoever ran it has died."""

    id: str
    user_id: str
    waits: bool


@dataclass(frozen=True)
class Queue:
    """All that is active, and when a job of each person was last taken, where one was lately."""

    active: tuple[Active, ...]
    taken_at: Mapping[str, datetime]


def in_turn(queue: Queue) -> list[str]:
    """The ids of the waiting jobs in the order in which they are taken while nothing else changes.

    A person's own jobs are taken in the order in which they were ordered. Whoever has fewest at work or taken comes
    first; among equals the one whose last turn is longest ago, then the one who has waited longest.
    """
    waiting: dict[str, list[str]] = defaultdict(list)
    for job in sorted(queue.active, key=lambda job: job.id):
        if job.waits:
            waiting[job.user_id].append(job.id)
    at_work = Counter(job.user_id for job in queue.active if not job.waits)
    turns = [
        (at_work[person] + number, queue.taken_at.get(person, NEVER), ids[0], id)
        for person, ids in waiting.items()
        for number, id in enumerate(ids)
    ]
    return [id for *_, id in sorted(turns)]
