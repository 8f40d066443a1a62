"""What the stores promise, over memory and over MongoDB."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pymongo
import pytest
from pymongo.errors import BulkWriteError, PyMongoError

from contracts.notices import Kind
from notification_service.domain import (
    Alert,
    Found,
    Noticed,
    alert_notifications,
    notifications_of,
    security_notification,
)
from notification_service.ports import EVERYTHING, Coverage, Decided, Filter, Pair, Person
from notification_service.storage import notifications as storage
from notification_service.storage.collections import Collections
from notification_service.storage.notifications import MongoNotifications
from notification_service.storage.payments import MongoPayments
from notification_service.storage.people import MongoPeople
from notification_service.storage.upgrading import upgrade
from notification_service.stream import OVERLAP_SECONDS
from tests.unit.notification_service.events import (
    ANN,
    BOB,
    EVE,
    FIRST,
    NOW,
    SECOND,
    SHOWN,
    SHOWN_OF_USERS,
    THIRD,
    an_id,
    opened,
    posted,
    rejected,
)

LATER = NOW + timedelta(milliseconds=1500)


def add(stores, *events):
    told = [each for event in events for each in notifications_of(event)]
    return stores.notifications.add(told, NOW, LATER)


def positions(stored):
    return [each.notification.position for each in stored]


def test_what_is_stored_comes_back_whole(stores):
    alert = Alert("ProcessDown", "firing", "page", "away", "relay", "https://x", "f1", NOW)
    told = [*notifications_of(posted(7)), *notifications_of(rejected(8)), *alert_notifications(alert, [ANN])]
    stores.notifications.add(told, NOW, LATER)
    found = stores.notifications.page(ANN, None, 10, EVERYTHING)
    assert [each.notification for each in found] == [
        each for each in sorted(told, key=lambda each: each.order, reverse=True) if each.user_id == ANN
    ]
    assert {(each.consumed_at, each.created_at, each.read_at) for each in found} == {(NOW, LATER, None)}


def test_each_example_of_the_contract_comes_back_whole(stores):
    told = [each for event in SHOWN.values() for each in notifications_of(event)]
    told += filter(None, map(security_notification, SHOWN_OF_USERS.values()))
    stores.notifications.add(told, NOW, LATER)
    for user_id in (FIRST, SECOND, THIRD):
        found = stores.notifications.page(user_id, None, 100, EVERYTHING)
        own = [each for each in told if each.user_id == user_id]
        assert {each.notification.id: each.notification for each in found} == {each.id: each for each in own}


def test_what_an_older_release_stored_can_be_read(collections):
    store = MongoNotifications(collections)
    store.add(notifications_of(posted(7)), NOW, LATER)
    newer = ("account", "session", "ways", "expires_at", "transfer.paid_from", "transfer.direction", "transfer.due_at")
    collections.notifications.update_many({}, {"$unset": dict.fromkeys(newer, "")})
    (found,) = store.page(ANN, None, 10, EVERYTHING)
    assert (found.notification.kind, found.notification.transfer.amount) == ("transfer.sent", 1250)


def test_each_is_stored_once_and_the_call_says_which_were_new(stores):
    assert add(stores, posted(1)) == [True, True]
    assert add(stores, posted(1), posted(2), posted(2)) == [False, False, True, True, False, False]
    assert stores.notifications.unread(BOB) == 2
    assert stores.notifications.add([], NOW, NOW) == []


def test_a_great_batch_is_stored_whole_and_the_call_says_which_were_new(stores):
    known = range(1, 1_000, 3)
    add(stores, *(posted(position) for position in known))
    created = add(stores, *(posted(position) for position in range(1, 1_001)))
    assert created == [position not in known for position in range(1, 1_001) for _ in range(2)]
    assert stores.notifications.coverage(0, 1_000) == Coverage(events=1_000, notifications=2_000)


def test_a_repetition_changes_nothing_of_what_is_there(stores):
    add(stores, posted(1))
    stores.notifications.mark_all_read(BOB, None, NOW)
    before = stores.notifications.of_event(an_id(1))
    add(stores, posted(1))
    assert stores.notifications.of_event(an_id(1)) == before


def test_the_inbox_is_newest_first_whatever_came_first(stores):
    add(stores, *(posted(position) for position in (3, 1, 5, 2, 4)))
    page = stores.notifications.page(BOB, None, 3, EVERYTHING)
    assert positions(page) == [5, 4, 3]
    assert positions(stores.notifications.page(BOB, page[-1].notification.order, 3, EVERYTHING)) == [2, 1]
    assert stores.notifications.page(EVE, None, 3, EVERYTHING) == []


def test_reading(stores):
    add(stores, *(posted(position) for position in (1, 2, 3)))
    newest, second, oldest = stores.notifications.page(BOB, None, 3, EVERYTHING)
    assert stores.notifications.mark_read(BOB, second.notification.id, NOW)
    assert stores.notifications.mark_read(BOB, second.notification.id, LATER)
    assert not stores.notifications.mark_read(ANN, newest.notification.id, NOW)
    assert not stores.notifications.mark_read(BOB, "nothing", NOW)
    assert positions(stores.notifications.page(BOB, None, 3, Filter(unread=True))) == [3, 1]
    assert stores.notifications.page(BOB, None, 3, EVERYTHING)[1].read_at == NOW
    assert stores.notifications.mark_all_read(BOB, oldest.notification.order, NOW) == 1
    assert (stores.notifications.unread(BOB), stores.notifications.unread(ANN)) == (1, 3)
    assert stores.notifications.mark_all_read(BOB, None, NOW) == 1


def test_coverage_counts_positions_and_notifications(stores):
    alert = Alert("ProcessDown", "firing", "page", "away", "relay", "", "f1", NOW)
    add(stores, posted(1, payer=None), opened(2), posted(3), rejected(4), posted(5))
    stores.notifications.add(alert_notifications(alert, [ANN]), NOW, NOW)
    assert stores.notifications.coverage(0, 5) == Coverage(events=4, notifications=6)
    assert stores.notifications.coverage(1, 4) == Coverage(events=2, notifications=3)
    assert stores.notifications.coverage(5, 9) == Coverage(events=0, notifications=0)


def test_of_an_event_everybody_who_was_told(stores):
    add(stores, posted(1), posted(2))
    assert {each.notification.user_id for each in stores.notifications.of_event(an_id(2))} == {ANN, BOB}
    assert stores.notifications.of_event(an_id(3)) == []


def test_stamps_grow_from_write_to_write(stores):
    assert stores.notifications.newest_stamp(BOB) == 0
    stamps = []
    for position in (3, 1, 2):
        add(stores, posted(position))
        stamps.append(stores.notifications.newest_stamp(BOB))
    assert stamps == sorted(set(stamps))
    assert positions(stores.notifications.stored_after(BOB, stamps[0], [], 10)) == [1, 2]
    assert positions(stores.notifications.stored_after(BOB, 0, [], 2)) == [3, 1]
    sent = stores.notifications.stored_after(BOB, 0, [], 10)[1].notification.id
    assert positions(stores.notifications.stored_after(BOB, 0, {sent}, 10)) == [3, 2]


def test_stamps_differ_within_one_write(stores):
    add(stores, *(posted(position) for position in range(1, 101)))
    found = stores.notifications.stored_after(BOB, 0, [], 1_000)
    assert len({each.stamp for each in found}) == 100


def test_the_latest_state_of_a_person_wins(stores):
    def state(second, username="ann", roles=("user",)):
        return Person(ANN, username, roles, datetime(2026, 1, 2, 3, 4, second, tzinfo=UTC))

    stores.people.keep([state(3, "ann.b", ("user", "admin")), state(1)])
    stores.people.keep([state(2)])
    stores.people.keep([])
    assert stores.people.names([ANN, BOB]) == {ANN: "ann.b"}
    assert stores.people.with_role("admin") == [ANN]
    stores.people.keep([state(4)])
    assert (stores.people.names([]), stores.people.with_role("admin")) == ({}, [])


def test_an_address_is_one_to_write_to_while_its_latest_state_says_so(stores):
    def state(second, email="ann@example.com", confirmed=True):
        return Person(ANN, "ann", ("user",), datetime(2026, 1, 2, 3, 4, second, tzinfo=UTC), email, confirmed)

    stores.people.keep([state(1)])
    assert stores.people.addresses([ANN, BOB]) == {ANN: "ann@example.com"}
    stores.people.keep([state(2, "new@example.com", confirmed=False)])
    assert stores.people.addresses([ANN]) == {}
    stores.people.keep([state(4, None, confirmed=False), state(3)])
    assert (stores.people.addresses([ANN]), stores.people.names([ANN])) == ({}, {ANN: "ann"})


def test_after_the_last_state_of_who_has_left_comes_none(stores):
    def state(second, email="ann@example.com", closed=False):
        at = datetime(2026, 1, 2, 3, 4, second, tzinfo=UTC)
        return Person(ANN, "ann", () if closed else ("admin",), at, email, email is not None, closed)

    stores.people.keep([state(1), state(5)])
    stores.people.keep([state(3, None, closed=True), state(4)])
    stores.people.keep([state(6)])
    assert (stores.people.addresses([ANN]), stores.people.names([ANN])) == ({}, {ANN: "ann"})
    assert stores.people.with_role("admin") == []
    assert stores.people.gone([ANN, BOB]) == {ANN}
    assert stores.people.gone([]) == set()


def test_an_inbox_is_emptied_in_parts_and_nobody_elses(collections, monkeypatch):
    monkeypatch.setattr("notification_service.storage.people.EMPTIED_AT_ONCE", 2)
    notifications, people = MongoNotifications(collections), MongoPeople(collections)
    events = [each for position in range(1, 6) for each in notifications_of(posted(position))]
    notifications.add(events, NOW, LATER)
    people.empty_inboxes([BOB])
    people.empty_inboxes([])
    told = {who: notifications.page(who, None, 10, EVERYTHING) for who in (ANN, BOB)}
    assert [each.notification.transfer for each in told[BOB]] == [None] * 5
    assert all(each.notification.transfer for each in told[ANN])
    assert len(told[ANN]) == 5


def test_a_silent_one_is_counted_and_shown_nowhere(stores):
    silent, shown = (replace(notifications_of(posted(n))[0], silent=n == 1, ways=("email",)) for n in (1, 2))
    assert stores.notifications.add([silent, shown], NOW, LATER) == [True, True]
    assert stores.notifications.add([silent], NOW, LATER) == [False]
    assert positions(stores.notifications.page(BOB, None, 10, EVERYTHING)) == [2]
    assert positions(stores.notifications.stored_after(BOB, 0, [], 10)) == [2]
    assert stores.notifications.unread(BOB) == 1
    assert not stores.notifications.mark_read(BOB, silent.id, NOW)
    assert stores.notifications.coverage(0, 2) == Coverage(events=2, notifications=2)
    assert [each.notification for each in stores.notifications.of_event(an_id(1))] == [silent]


def test_what_was_decided_when_it_was_stored_stays(stores):
    first, second = notifications_of(posted(1))
    found = (Found(Kind.LARGE_TRANSFER, Noticed(limit=5)), Found(Kind.FIRST_TO_PAYEE, Noticed(), BOB))
    stores.notifications.add([replace(first, ways=("email", "webhook:e1"), found=found), second], NOW, LATER)
    stores.notifications.add([first, replace(second, ways=("email",))], NOW, LATER)
    assert stores.notifications.decided([first.id, second.id, "none"]) == {
        first.id: Decided(("email", "webhook:e1"), found),
        second.id: Decided(),
    }
    assert stores.notifications.decided([]) == {}
    (stored,) = (each.notification for each in stores.notifications.of_event(an_id(1)) if each.notification.found)
    assert stored.found == found


# What only the real ones have.


def test_many_members_storing_the_same_at_once_store_it_once(collections):
    store = MongoNotifications(collections)
    told = [each for position in range(1, 51) for each in notifications_of(posted(position))]
    with ThreadPoolExecutor(6) as members:
        created = list(members.map(lambda _: store.add(told, NOW, NOW), range(6)))
    assert sum(map(sum, created)) == len(told) == collections.notifications.count_documents({})


def test_each_goes_by_itself_a_day_after_it_is_too_old_to_be_told(collections):
    MongoNotifications(collections, timedelta(days=30)).add(notifications_of(posted(1)), LATER, LATER)
    assert {found["expires_at"] for found in collections.notifications.find()} == {NOW + timedelta(days=31)}
    collections.set_up()
    assert collections.notifications.index_information()["expires"]["expireAfterSeconds"] == 0


def test_what_an_older_release_left_is_made_as_this_one_wants_it(collections):
    MongoNotifications(collections).add(
        [each for event in (posted(2), posted(1), posted(3, payer=BOB, payee=EVE)) for each in notifications_of(event)],
        NOW,
        NOW,
    )
    collections.notifications.update_many({}, {"$unset": {"expires_at": ""}})
    for _ in range(2):
        upgrade(collections, timedelta(days=31))
    assert {found["expires_at"] for found in collections.notifications.find()} == {NOW + timedelta(days=31)}
    payments = MongoPayments(collections)
    assert payments.first([Pair(ANN, BOB, an_id(1)), Pair(ANN, BOB, "e"), Pair(BOB, EVE, "e")]) == [True, False, False]


def test_the_database_has_a_clock_of_its_own(collections):
    assert abs(collections.now() - datetime.now(UTC)) < timedelta(minutes=5)


def test_what_is_no_duplicate_is_raised(collections):
    collections.notifications.create_index([("kind", "2dsphere")], name="trouble")  # and a kind is no place on Earth
    with pytest.raises(BulkWriteError):
        MongoNotifications(collections).add(
            [each for position in (1, 2) for each in notifications_of(posted(position))], NOW, NOW
        )


def test_the_server_knows_when_to_give_an_insert_up():
    """What the stream's overlap counts on."""
    assert storage.WRITE_SECONDS * 2 <= OVERLAP_SECONDS


def test_nothing_waits_for_ever_where_there_is_no_server():
    client = pymongo.MongoClient("mongodb://127.0.0.1:1/notification", serverSelectionTimeoutMS=200)
    with pytest.raises(PyMongoError):
        MongoNotifications(Collections(client)).add(notifications_of(posted(1)), NOW, NOW)
    client.close()
