"""Both consumers over stores in memory, with everything they have to do with open for inspection."""

from __future__ import annotations

from datetime import timedelta

from prometheus_client import CollectorRegistry

from contracts.notices import LEDGER_KINDS, USER_KINDS, WATCH_KINDS
from notification_service.domain import Notification, Preferences
from notification_service.domain.endpoint import Subscription
from notification_service.metrics import TellingMetrics
from notification_service.ports import EVERYTHING, Person
from notification_service.use_cases.choose import Choose
from notification_service.use_cases.fresh import Fresh
from notification_service.use_cases.keep_people import KeepPeople
from notification_service.use_cases.notify import Notify
from notification_service.use_cases.tell import Tell
from notification_service.use_cases.watch import WatchPayments
from tests.manual_clock import ManualClock
from tests.unit.notification_service.events import NOW, message
from tests.unit.notification_service.memory import (
    MemoryDeliveries,
    MemoryNotifications,
    MemoryPeople,
    RememberedHints,
)
from tests.unit.notification_service.memory_telling import MemoryPayments, MemoryPreferences

RETENTION = timedelta(days=180)


class TellingWorld:
    """`handle` takes events of the ledger, `handle_users` those of topic `users`."""

    def __init__(self) -> None:
        self.clock = self.database_clock = ManualClock(NOW)
        self.store, self.deliveries, self.hints = MemoryNotifications(), MemoryDeliveries(), RememberedHints()
        self.people, self.preferences, self.payments = MemoryPeople(), MemoryPreferences(), MemoryPayments(self.store)
        self.endpoints: dict[str, list[Subscription]] = {}
        self.registry = CollectorRegistry()
        metrics = TellingMetrics(self.registry, LEDGER_KINDS | USER_KINDS | WATCH_KINDS)
        fresh = Fresh(RETENTION, metrics, self.clock, lambda: self.database_clock.now())
        self.tell = Tell(
            self.store,
            self.deliveries,
            self.preferences,
            Choose(self.people, self, self.clock),
            self.hints,
            metrics,
            self.clock,
        )
        self.watch = WatchPayments(self.payments)
        self.notify = Notify(self.tell, self.watch, fresh, self.clock)
        self.keep_people = KeepPeople(
            self.people, self.deliveries, (self.preferences, self.payments), self.tell, fresh, self.clock
        )

    def subscribed(self, user_ids):
        return {user_id: self.endpoints[user_id] for user_id in user_ids if user_id in self.endpoints}

    def handle(self, *events: dict, traceparent: str | None = None) -> None:
        self.notify.handle([message(event, traceparent) for event in events])

    def handle_users(self, *events: dict) -> None:
        self.keep_people.handle([message(event) for event in events])

    def chooses(self, user_id: str, preferences: Preferences) -> None:
        """Their preferences, from now on."""
        self.preferences.keep(user_id, preferences, self.clock.now())

    def reads_mail(self, *user_ids: str) -> None:
        """They have confirmed an address."""
        self.people.keep(
            [Person(user_id, "name", ("user",), self.clock.now(), "x@example.com", True) for user_id in user_ids]
        )

    def inbox(self, user_id: str) -> list[Notification]:
        """Oldest first."""
        return [each.notification for each in self.store.page(user_id, None, 1_000, EVERYTHING)][::-1]

    def kinds(self, user_id: str) -> list[str]:
        return [each.kind for each in self.inbox(user_id)]

    def metric(self, name: str, **labels: str) -> float:
        value = self.registry.get_sample_value(name, labels)
        assert value is not None, name
        return value
