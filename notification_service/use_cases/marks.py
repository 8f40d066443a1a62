"""A person marks what they were told. Every window of theirs hears of it, so that no badge counts what was read."""

from __future__ import annotations

from notification_service.ports import Hints, Notifications
from service_kit.clock import Clock


class Marks:
    """The use cases, with what they need handed in. Each may be repeated: what is marked already stays as it is.

    Those of one notification return False if the person has no such notification. All raise PyMongoError.
    """

    def __init__(self, store: Notifications, hints: Hints, clock: Clock) -> None:
        self._store = store
        self._hints = hints
        self._clock = clock

    def read(self, user_id: str, id: str) -> bool:
        """Mark one as read."""
        return self._hinted(user_id, self._store.mark_read(user_id, id, self._clock.now()))

    def unread(self, user_id: str, id: str) -> bool:
        """Mark one as not read."""
        return self._hinted(user_id, self._store.mark_unread(user_id, id))

    def archive(self, user_id: str, id: str) -> bool:
        """Take one out of the inbox."""
        return self._hinted(user_id, self._store.archive(user_id, id, self._clock.now()))

    def unarchive(self, user_id: str, id: str) -> bool:
        """Put one back into the inbox."""
        return self._hinted(user_id, self._store.unarchive(user_id, id))

    def read_all(self, user_id: str, upto: str | None = None) -> int:
        """Mark all of the inbox as read, or what is not newer than the order `upto`; how many were unread."""
        count = self._store.mark_all_read(user_id, upto, self._clock.now())
        self._hinted(user_id, count > 0)
        return count

    def _hinted(self, user_id: str, changed: bool) -> bool:
        if changed:
            self._hints.tell([user_id])
        return changed
