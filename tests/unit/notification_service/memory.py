"""The service's stores in memory; tests/integration holds them and the real ones to one suite."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from notification_service.domain import Channel, Stored
from notification_service.ports import Coverage, Person


class MemoryNotifications:
    """Everybody's notifications. `away` makes it raise; the stamp is a plain count, as the server's logical time is."""

    def __init__(self) -> None:
        self.stored: dict[str, Stored] = {}
        self.away: Exception | None = None
        self._stamp = 0

    def add(self, notifications, consumed_at, now):
        return [self._add(notification, consumed_at, now) for notification in self._here(notifications)]

    def _add(self, notification, consumed_at, now):
        if notification.id in self.stored:
            return False
        self._stamp += 1 << 32
        self.put(Stored(notification, consumed_at, now, None, self._stamp))
        return True

    def put(self, stored):
        self.stored[stored.notification.id] = stored

    def page(self, user_id, before, limit, *, unread):
        found = [each for each in self._inbox(user_id) if before is None or each.notification.order < before]
        chosen = [each for each in found if not (unread and each.read_at)]
        return sorted(chosen, key=lambda each: each.notification.order, reverse=True)[:limit]

    def unread(self, user_id):
        return sum(each.read_at is None for each in self._inbox(user_id))

    def mark_read(self, user_id, id, now):
        own = {each.notification.id: each for each in self._inbox(user_id)}
        if id in own and own[id].read_at is None:
            self.put(replace(own[id], read_at=now))
        return id in own

    def mark_all_read(self, user_id, upto, now):
        chosen = [
            each
            for each in self._inbox(user_id)
            if each.read_at is None and (upto is None or each.notification.order <= upto)
        ]
        for each in chosen:
            self.put(replace(each, read_at=now))
        return len(chosen)

    def newest_stamp(self, user_id):
        return max((each.stamp for each in self._inbox(user_id)), default=0)

    def stored_after(self, user_id, stamp, but, limit):
        found = [each for each in self._inbox(user_id) if each.stamp > stamp and each.notification.id not in but]
        return sorted(found, key=lambda each: each.stamp)[:limit]

    def coverage(self, after, upto):
        positions = [each.notification.position for each in self._here(self.stored.values())]
        counted = Counter(position for position in positions if position is not None and after < position <= upto)
        return Coverage(len(counted), counted.total())

    def of_event(self, event_id):
        found = [each for each in self._here(self.stored.values()) if each.notification.event_id == event_id]
        return sorted(found, key=lambda each: each.notification.id)

    def _inbox(self, user_id):
        own = [each for each in self._here(self.stored.values()) if each.notification.user_id == user_id]
        return [each for each in own if each.notification.channel == Channel.INBOX]

    def _here(self, value):
        if self.away is not None:
            raise self.away
        return list(value)


class MemoryPeople:
    """Who is known."""

    def __init__(self) -> None:
        self.people: dict[str, Person] = {}
        self.emptied: list[str] = []

    def empty_inboxes(self, user_ids):
        self.emptied += user_ids

    def keep(self, people):
        for person in people:
            known = self.people.get(person.user_id)
            if known is None or known.occurred_at <= person.occurred_at:
                self.people[person.user_id] = person

    def names(self, user_ids):
        return {user_id: self.people[user_id].username for user_id in user_ids if user_id in self.people}

    def with_role(self, role):
        return sorted(person.user_id for person in self.people.values() if role in person.roles)


class RememberedHints:
    """Hints that were given."""

    def __init__(self) -> None:
        self.told: list[set[str]] = []

    def tell(self, user_ids):
        self.told.append(set(user_ids))
