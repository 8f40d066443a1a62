"""A person says what they want to be told, and how: API and page both call these."""

from __future__ import annotations

from notification_service.domain import UNCHANGED, Preferences
from notification_service.ports import EVERYTHING, ManyPreferences, Notifications
from service_kit.clock import Clock

RECENT = 100
"""So many of a person's latest notifications show which currencies they have to do with."""
FIRST_CURRENCY = "EUR"


class Choosing:
    """The use cases, with what they need handed in. Every method raises PyMongoError."""

    def __init__(self, preferences: ManyPreferences, store: Notifications, clock: Clock) -> None:
        self._preferences = preferences
        self._store = store
        self._clock = clock

    def of(self, user_id: str) -> Preferences:
        """What this person has chosen."""
        return self._preferences.of([user_id]).get(user_id, UNCHANGED)

    def choose(self, user_id: str, preferences: Preferences) -> None:
        """In place of what was chosen; it holds for what happens from now on."""
        self._preferences.keep(user_id, preferences, self._clock.now())

    def currencies(self, user_id: str) -> list[str]:
        """Those that this person has lately had to do with, or has chosen amounts in."""
        watch = self.of(user_id).watch
        latest = self._store.page(user_id, None, RECENT, EVERYTHING)
        seen = {each.notification.transfer.currency for each in latest if each.notification.transfer}
        return sorted(seen | set(watch.large_transfer) | set(watch.low_balance) or {FIRST_CURRENCY})
