"""Who people are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Person:
    """A user as of `occurred_at`, by topic `users`. Who has closed their account has no address any more."""

    user_id: str
    username: str
    roles: tuple[str, ...]
    occurred_at: datetime
    email: str | None = None
    email_confirmed: bool = False
    closed: bool = False


class People(Protocol):
    """What topic `users` has told. Every method raises PyMongoError where the database is away."""

    def keep(self, people: Sequence[Person]) -> None:
        """Take each state that is not older than the one that is known; after that of who has left comes none."""

    def empty_inboxes(self, user_ids: Sequence[str]) -> None:
        """Take out of all notifications to these people what they tell; that they were told stays, to be counted."""

    def names(self, user_ids: Iterable[str]) -> dict[str, str]:
        """The usernames of those that are known."""

    def addresses(self, user_ids: Iterable[str]) -> dict[str, str]:
        """The e-mail addresses of those who have shown that they read mail there."""

    def gone(self, user_ids: Iterable[str]) -> set[str]:
        """Those who have closed their accounts."""

    def with_role(self, role: str) -> list[str]:
        """The ids of those who have the role."""
