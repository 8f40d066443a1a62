"""Transfers without their bodies: those are in the journal, so that remembering many transfers costs little."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, Protocol

from transaction_service.domain.transfer import Transfer


class Kept(NamedTuple):
    """A transfer that has a document of its own; its body is what the record at position `last` answered.

    `first` is 0 where it was posted at once and refunded later: then its own record is all there is of it.
    """

    payer: str
    first: int
    last: int
    status: str
    spender: str | None = None
    refunded: Mapping[str, int] = {}
    plan: Mapping[str, Any] | None = None


AT_ONCE = Kept("", 0, 0, "posted")
"""What is known of a transfer that was never heard of again."""


class Journal(Protocol):
    """Finds records again."""

    def bodies(self, positions: Sequence[int]) -> Mapping[int, Mapping[str, Any]]:
        """What the records at these positions answered."""

    def posted(self, ids: Sequence[str]) -> Mapping[str, Transfer]:
        """Transfers that were posted at once, by id, as they were then."""


def with_bodies(kept: Mapping[str, Kept], journal: Journal) -> dict[str, Transfer]:
    """The transfers by id; without those whose record is not to be found."""
    early = [id for id, known in kept.items() if not known.first]
    posted = journal.posted(early) if early else {}
    later = [known.last for known in kept.values() if known.first]
    bodies = journal.bodies(later) if later else {}
    found = {}
    for id, known in kept.items():
        if known.first and known.last in bodies:
            body = bodies[known.last]
            found[id] = Transfer(id, body, known.first, known.last, known.spender, known.refunded, known.plan)
        elif id in posted:
            found[id] = replace(posted[id], refunded=known.refunded)
    return found
