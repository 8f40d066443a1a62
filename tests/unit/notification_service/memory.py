"""The service's stores in memory; tests/integration holds them and the real ones to one suite."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime
from uuid import uuid4

from notification_service.domain import Attempt, Channel, Claimed, DeliveryRecord, DeliveryState, Stored
from notification_service.ports import UNREAD_MAX, Backlog, Coverage, Decided, Person
from notification_service.ports.deliveries import ATTEMPTS_KEPT, FORGOTTEN, TOO_OLD
from notification_service.storage.notification_document import NOTHING_TOLD


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

    def decided(self, ids):
        told = [self.stored[id].notification for id in self._here(ids) if id in self.stored]
        return {each.id: Decided(each.ways, each.found) for each in told}

    def page(self, user_id, before, limit, chosen):
        found = [each for each in self._inbox(user_id) if before is None or each.notification.order < before]
        shown = [each for each in found if _is_chosen(each, chosen)]
        return sorted(shown, key=lambda each: each.notification.order, reverse=True)[:limit]

    def unread(self, user_id):
        return min(len(self._unread(user_id)), UNREAD_MAX)

    def _unread(self, user_id):
        return [each for each in self._inbox(user_id) if each.read_at is None and each.archived_at is None]

    def mark_read(self, user_id, id, now):
        return self._mark(user_id, id, lambda own: replace(own, read_at=own.read_at or now))

    def mark_unread(self, user_id, id):
        return self._mark(user_id, id, lambda own: replace(own, read_at=None))

    def archive(self, user_id, id, now):
        return self._mark(user_id, id, lambda own: replace(own, archived_at=own.archived_at or now))

    def unarchive(self, user_id, id):
        return self._mark(user_id, id, lambda own: replace(own, archived_at=None))

    def _mark(self, user_id, id, marked):
        own = {each.notification.id: each for each in self._inbox(user_id)}
        if id in own:
            self.put(marked(own[id]))
        return id in own

    def mark_all_read(self, user_id, upto, now):
        chosen = [each for each in self._unread(user_id) if upto is None or each.notification.order <= upto]
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
        return [each for each in own if each.notification.channel == Channel.INBOX and not each.notification.silent]

    def _here(self, value):
        if self.away is not None:
            raise self.away
        return list(value)


def _is_chosen(stored, chosen):
    at, kind = stored.notification.occurred_at, stored.notification.kind
    return (
        (stored.archived_at is not None) == chosen.archived
        and not (chosen.unread and stored.read_at)
        and (not chosen.kinds or kind in chosen.kinds)
        and (chosen.since is None or chosen.since <= at)
        and (chosen.until is None or at < chosen.until)
    )


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
            if known is None or person.closed or (not known.closed and known.occurred_at <= person.occurred_at):
                self.people[person.user_id] = person

    def names(self, user_ids):
        return {user_id: self.people[user_id].username for user_id in user_ids if user_id in self.people}

    def addresses(self, user_ids):
        known = [self.people[user_id] for user_id in user_ids if user_id in self.people]
        return {person.user_id: person.email for person in known if person.email and person.email_confirmed}

    def gone(self, user_ids):
        return {user_id for user_id in user_ids if user_id in self.people and self.people[user_id].closed}

    def with_role(self, role):
        return sorted(person.user_id for person in self.people.values() if role in person.roles)


class MemoryDeliveries:
    """What is on its way out. `away` makes it raise."""

    def __init__(self) -> None:
        self.records: dict[str, DeliveryRecord] = {}
        self.away: Exception | None = None
        self._holds: dict[str, Claimed] = {}
        self._since: dict[str, datetime] = {}
        self._tries: Counter[str] = Counter()

    def add(self, deliveries, now):
        return [self._add(delivery, now) for delivery in self._here(deliveries)]

    def _add(self, delivery, now):
        if delivery.id in self.records:
            return False
        order = f"{int(now.timestamp() * 1000):013d}-{delivery.id}"
        self.records[delivery.id] = DeliveryRecord(delivery, DeliveryState.PENDING, now, now, (), None, None, order)
        self._since[delivery.id] = now
        return True

    def lanes(self, now, limit, after=""):
        due = {each.delivery.lane: each.next_attempt_at for each in reversed(self._due(now))}
        return {lane: due[lane] for lane in sorted(lane for lane in due if lane > after)[:limit]}

    def claim(self, wanted, now, until):
        claimed = []
        for lane, count in wanted.items():
            due = [each for each in self._due(now) if each.delivery.lane == lane]
            claimed += [self._claim(each, now, until) for each in due[:count]]
        return claimed

    def _claim(self, record, now, until):
        id = record.delivery.id
        attempts = (*record.attempts, Attempt(now))[-ATTEMPTS_KEPT:]
        self.records[id] = replace(record, next_attempt_at=until, attempts=attempts)
        self._tries[id] += 1
        self._holds[id] = Claimed(record.delivery, uuid4().hex, self._tries[id], self._since[id], now)
        return self._holds[id]

    def extend(self, claimed, until):
        for each in self._here(claimed):
            if self._holds.get(each.delivery.id) == each:
                self._change(each.delivery.id, next_attempt_at=until)

    def put_off(self, claimed, attempt, until):
        return self._conclude(claimed, attempt, next_attempt_at=until)

    def finish(self, claimed, attempt, state, now):
        end = {"state": state, "finished_at": now, "cause": attempt.cause}
        return self._conclude(claimed, attempt, but_anybody=state == DeliveryState.DELIVERED, **end)

    def _conclude(self, claimed, attempt, *, but_anybody=False, **changes):
        (record,) = self._here([self.records[claimed.delivery.id]])
        holds = self._holds.get(claimed.delivery.id) == claimed
        if record.state != DeliveryState.PENDING or not (holds or but_anybody):
            return False
        attempt = replace(attempt, at=claimed.at)
        attempts = tuple(attempt if each.at == claimed.at else each for each in record.attempts)
        delivery = replace(record.delivery, asked=False)
        self._change(claimed.delivery.id, attempts=attempts, delivery=delivery, **changes)
        self._holds.pop(claimed.delivery.id, None)
        return True

    def expire(self, since, now):
        late = [each for each in self._due(now) if self._since[each.delivery.id] < since]
        for each in late:
            end = {"state": DeliveryState.DEAD, "finished_at": now, "cause": TOO_OLD}
            self._change(each.delivery.id, **end)
        return dict(Counter(str(each.delivery.notification.channel) for each in late))

    def backlog(self):
        counted = Counter((each.delivery.notification.channel, each.state) for each in self._all())
        waiting = [each.delivery for each in self._all() if each.state == DeliveryState.PENDING]
        newest_first = sorted(waiting, key=lambda each: self._since[each.id], reverse=True)
        oldest = {str(each.notification.channel): self._since[each.id] for each in newest_first}
        pending, dead = (
            {str(channel): count for (channel, of), count in counted.items() if of == state}
            for state in (DeliveryState.PENDING, DeliveryState.DEAD)
        )
        return Backlog(pending, dead, oldest)

    def find(self, id):
        return {each.delivery.id: each for each in self._all()}.get(id)

    def of_event(self, event_id):
        found = [each for each in self._all() if each.delivery.notification.event_id == event_id]
        return sorted(found, key=lambda each: each.delivery.id)

    def page(self, before, limit, *, state=None, user_id=None, target=None):
        found = [
            each
            for each in self._all()
            if (before is None or each.order < before)
            and state in (None, each.state)
            and user_id in (None, each.delivery.notification.user_id)
            and target in (None, each.delivery.target)
        ]
        return sorted(found, key=lambda each: each.order, reverse=True)[:limit]

    def redrive(self, id, now):
        return self._again(id, now, (DeliveryState.DEAD,))

    def send_again(self, delivery, now):
        over = (DeliveryState.DEAD, DeliveryState.DELIVERED, DeliveryState.CANCELLED)
        return self._again(delivery.id, now, over, asked=True)

    def _again(self, id, now, states, **asked):
        record = self.find(id)
        if record is None or record.state not in states:
            return False
        again = {"state": DeliveryState.PENDING, "finished_at": None, "cause": None}
        self._change(id, next_attempt_at=now, delivery=replace(record.delivery, **asked), **again)
        self._since[id], self._tries[id] = now, 0
        return True

    def redrive_dead(self, now, *, channel=None, target=None):
        chosen = [
            each
            for each in self._all()
            if channel in (None, each.delivery.notification.channel) and target in (None, each.delivery.target)
        ]
        return sum(self.redrive(each.delivery.id, now) for each in chosen)

    def forget(self, user_ids, now):
        for each in self._all():
            told = each.delivery.notification
            if told.user_id in set(user_ids):
                nothing = replace(told, **NOTHING_TOLD)
                self._change(each.delivery.id, delivery=replace(each.delivery, notification=nothing))
                if each.state == DeliveryState.PENDING:
                    end = {"state": DeliveryState.CANCELLED, "finished_at": now, "cause": FORGOTTEN}
                    self._change(each.delivery.id, **end)

    def _due(self, now):
        due = [each for each in self._all() if each.state == DeliveryState.PENDING and each.next_attempt_at <= now]
        return sorted(due, key=lambda each: each.next_attempt_at)

    def _change(self, id, **changes):
        self.records[id] = replace(self.records[id], **changes)

    def _all(self):
        return self._here(self.records.values())

    def _here(self, value):
        if self.away is not None:
            raise self.away
        return list(value)


class RememberedHints:
    """Hints that were given."""

    def __init__(self) -> None:
        self.told: list[set[str]] = []

    def tell(self, user_ids):
        self.told.append(set(user_ids))
