"""Where notifications are kept."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from notification_service.domain import Notification, Stored


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many events of a range of positions have notifications, and how many they have together."""

    events: int
    notifications: int


class Notifications(Protocol):
    """The notifications of everybody. Every method raises PyMongoError where the database is away."""

    def add(self, notifications: Sequence[Notification], consumed_at: datetime, now: datetime) -> list[bool]:
        """Store what isn't stored yet; for each, whether it was stored by this call. Durable on return."""

    def page(self, user_id: str, before: str | None, limit: int, *, unread: bool) -> list[Stored]:
        """The inbox from below the order `before`, newest first."""

    def unread(self, user_id: str) -> int:
        """How many of the inbox are unread."""

    def mark_read(self, user_id: str, id: str, now: datetime) -> bool:
        """Mark one; False if the person has no such notification. One that is read keeps its time."""

    def mark_all_read(self, user_id: str, upto: str | None, now: datetime) -> int:
        """Mark all up to and including the order `upto` (None: all); how many were unread."""

    def newest_stamp(self, user_id: str) -> int:
        """The stamp of what was stored last for this person; 0 where nothing was."""

    def stored_after(self, user_id: str, stamp: int, but: Collection[str], limit: int) -> list[Stored]:
        """The inbox's notifications with a higher stamp, but those ids, in order of stamp."""

    def coverage(self, after: int, upto: int) -> Coverage:
        """Over the positions from above `after` to `upto`."""

    def of_event(self, event_id: str) -> list[Stored]:
        """Every notification of one event."""
