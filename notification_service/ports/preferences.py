"""What people have chosen."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from notification_service.domain import Preferences


class ManyPreferences(Protocol):
    """Everybody's preferences. Every method raises PyMongoError where the database is away."""

    def of(self, user_ids: Iterable[str]) -> dict[str, Preferences]:
        """Those of the people who have chosen anything."""

    def keep(self, user_id: str, preferences: Preferences, now: datetime) -> None:
        """In place of those that were. Durable on return."""

    def forget(self, user_ids: Iterable[str]) -> None:
        """These people have closed their accounts."""
