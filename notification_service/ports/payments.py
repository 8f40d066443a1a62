"""What the rules remember of payments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from notification_service.domain import Spree


@dataclass(frozen=True, slots=True)
class Pair:
    """That a person paid another, in an event."""

    payer: str
    payee: str
    event_id: str


@dataclass(frozen=True, slots=True)
class Owned:
    """What is remembered of a person's account."""

    user_id: str
    currency: str
    spree: Spree


class Payments(Protocol):
    """Who has paid whom, and how often lately. Every method raises PyMongoError where the database is away."""

    def first(self, pairs: Sequence[Pair]) -> list[bool]:
        """For each, whether its event is the first in which the one paid the other. Which one that is stays so for
        ever, in whatever order they are asked for and by how many at once. Durable on return."""

    def sprees(self, accounts: Iterable[str]) -> dict[str, Spree]:
        """What is remembered of these accounts, where anything is."""

    def remember(self, accounts: Mapping[str, Owned]) -> None:
        """In place of what was, but of an account that was looked at up to a later position meanwhile."""

    def currencies(self, user_id: str) -> list[str]:
        """In which this person has paid, in order."""

    def forget(self, user_ids: Iterable[str]) -> None:
        """These people have closed their accounts: whom they paid, and when."""
