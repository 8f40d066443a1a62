"""Where notifications are kept."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from contracts.notices import Kind
from notification_service.domain import Found, Notification, Stored


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many events of a range of positions have notifications, and how many they have together."""

    events: int
    notifications: int


@dataclass(frozen=True, slots=True)
class Filter:
    """Which of a person's notifications: those in the inbox, or instead those that left it for the archive; of them
    only the unread, of some kinds (none given: of all), of what happened from `since` on and before `until`."""

    unread: bool = False
    archived: bool = False
    kinds: Collection[Kind] = ()
    since: datetime | None = None
    until: datetime | None = None


EVERYTHING = Filter()
UNREAD_MAX = 1_000
"""No further are the unread counted: a badge needs no more, and its price stays bounded."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What a repetition of the event must not decide anew: the ways out, and what rules found."""

    ways: tuple[str, ...] = ()
    found: tuple[Found, ...] = ()


class Notifications(Protocol):
    """The notifications of everybody. Every method raises PyMongoError where the database is away.

    A silent one is no part of its person's inbox; only `coverage`, `of_event` and `decided` know it. Each goes by
    itself when its event is older than the retention.
    """

    def add(self, notifications: Sequence[Notification], consumed_at: datetime, now: datetime) -> list[bool]:
        """Store what isn't stored yet; for each, whether it was stored by this call. Durable on return."""

    def decided(self, ids: Sequence[str]) -> dict[str, Decided]:
        """What was decided when they were stored, of those that are."""

    def page(self, user_id: str, before: str | None, limit: int, chosen: Filter) -> list[Stored]:
        """What is chosen from below the order `before`, newest first."""

    def unread(self, user_id: str) -> int:
        """How many in the inbox are unread; UNREAD_MAX where it is that many or more."""

    def mark_read(self, user_id: str, id: str, now: datetime) -> bool:
        """Mark one; False if the person has no such notification. One that is read keeps its time."""

    def mark_unread(self, user_id: str, id: str) -> bool:
        """Mark one as not read; False if the person has no such notification."""

    def archive(self, user_id: str, id: str, now: datetime) -> bool:
        """Take one out of the inbox; False if the person has no such notification. An archived one keeps its time."""

    def unarchive(self, user_id: str, id: str) -> bool:
        """Put one back into the inbox, where it was; False if the person has no such notification."""

    def mark_all_read(self, user_id: str, upto: str | None, now: datetime) -> int:
        """Mark all of the inbox up to and including the order `upto` (None: all); how many were unread."""

    def newest_stamp(self, user_id: str) -> int:
        """The stamp of what was stored last for this person; 0 where nothing was."""

    def stored_after(self, user_id: str, stamp: int, but: Collection[str], limit: int) -> list[Stored]:
        """The person's notifications with a higher stamp, archived or not, but those ids, in order of stamp."""

    def coverage(self, after: int, upto: int) -> Coverage:
        """Over the positions from above `after` to `upto`."""

    def of_event(self, event_id: str) -> list[Stored]:
        """Every notification of one event."""
