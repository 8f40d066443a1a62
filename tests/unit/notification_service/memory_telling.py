"""What people chose and what the rules remember, in memory; tests/integration holds them and the real ones to one
suite."""

from __future__ import annotations

from notification_service.domain import Preferences
from tests.unit.notification_service.memory import MemoryNotifications


class MemoryPreferences:
    """Everybody's preferences. `away` makes it raise."""

    def __init__(self) -> None:
        self.kept: dict[str, Preferences] = {}
        self.away: Exception | None = None

    def of(self, user_ids):
        self._here()
        return {user_id: self.kept[user_id] for user_id in user_ids if user_id in self.kept}

    def keep(self, user_id, preferences, now):
        self._here()
        self.kept[user_id] = preferences

    def forget(self, user_ids):
        for user_id in user_ids:
            self.kept.pop(user_id, None)

    def _here(self):
        if self.away is not None:
            raise self.away


class MemoryPayments:
    """Who has paid whom; and how often lately, by what was told in `notifications`. `away` makes it raise."""

    def __init__(self, notifications: MemoryNotifications) -> None:
        self.payees: dict[tuple[str, str], str] = {}
        self.away: Exception | None = None
        self._notifications = notifications

    def first(self, pairs):
        self._here()
        return [self.payees.setdefault((each.payer, each.payee), each.event_id) == each.event_id for each in pairs]

    def before(self, positions, most):
        self._here()
        told = [stored.notification for stored in self._notifications.stored.values()]
        paid = sorted(
            (each for each in told if each.transfer and each.transfer.paid_from), key=lambda each: each.position
        )
        return {
            account: [
                round(each.occurred_at.timestamp() * 1000)
                for each in paid
                if each.transfer.paid_from == account and each.position < position
            ][-most:]
            for account, position in positions.items()
        }

    def forget(self, user_ids):
        gone = set(user_ids)
        self.payees = {pair: event for pair, event in self.payees.items() if pair[0] not in gone}

    def _here(self):
        if self.away is not None:
            raise self.away
