"""A person reads: API and page both call these. Names are looked up now, so that the order in which the two topics
arrived does not matter, and a changed name shows at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from notification_service.domain import Stored
from notification_service.ports import EVERYTHING, Filter, Notifications, People


@dataclass(frozen=True, slots=True)
class Entry:
    """A stored notification, and the username of its counterparty where that is known."""

    stored: Stored
    counterparty: str | None


@dataclass(frozen=True, slots=True)
class Page:
    """Newest first. `next_before` is where the older ones begin, None at the end; `cursor` is where a live stream
    takes over: whatever is stored later than this page was read, it brings."""

    entries: list[Entry]
    next_before: str | None
    unread: int
    cursor: int


class Inbox:
    """The use cases, with what they need handed in."""

    def __init__(self, store: Notifications, people: People) -> None:
        self._store = store
        self._people = people

    def page(self, user_id: str, before: str | None, limit: int, chosen: Filter = EVERYTHING) -> Page:
        """A page of what the person has chosen, from below the order `before`."""
        # Asked for first: what is stored between the two questions comes twice rather than never.
        cursor = self._store.newest_stamp(user_id)
        found = self._store.page(user_id, before, limit + 1, chosen)
        shown = found[:limit]
        following = shown[-1].notification.order if len(found) > limit else None
        return Page(self.told(shown), following, self._store.unread(user_id), cursor)

    def unread(self, user_id: str) -> int:
        """How many in the inbox are unread."""
        return self._store.unread(user_id)

    def told(self, stored: Sequence[Stored]) -> list[Entry]:
        """With the names as they are known by now."""
        parties = [_counterparty(each) for each in stored]
        names = self._people.names({party for party in parties if party is not None})
        return [Entry(each, names.get(party or "")) for each, party in zip(stored, parties, strict=True)]


def _counterparty(stored: Stored) -> str | None:
    transfer = stored.notification.transfer
    return transfer.counterparty if transfer else None
