"""What the rules know of payments before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Pair:
    """That a person paid another, in an event."""

    payer: str
    payee: str
    event_id: str


class Payments(Protocol):
    """Who has paid whom, and how often lately. Every method raises PyMongoError where the database is away."""

    def first(self, pairs: Sequence[Pair]) -> list[bool]:
        """For each, whether its event is the first in which the one paid the other. Which one that is stays so for
        ever, in whatever order they are asked for and by how many at once. Durable on return."""

    def before(self, positions: Mapping[str, int], most: int) -> dict[str, list[int]]:
        """By account, when it paid before this position (milliseconds, ascending): the `most` latest times, of the
        payments that were told. An account that hasn't paid may be left out."""

    def forget(self, user_ids: Iterable[str]) -> None:
        """These people have closed their accounts: whom they paid."""
