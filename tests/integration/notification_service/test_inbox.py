"""What the inbox promises, over memory and over MongoDB: marks, filters, and an index for each question."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from contracts.notices import Kind
from notification_service.domain import notifications_of
from notification_service.ports import EVERYTHING, UNREAD_MAX, Filter
from notification_service.storage import notifications as storage
from notification_service.storage.notifications import MongoNotifications
from tests.integration.notification_service.test_storage import LATER, add, positions
from tests.unit.notification_service.events import ANN, BOB, NOW, an_id, posted, rejected


def test_reading_is_taken_back(stores):
    add(stores, posted(1))
    (only,) = stores.notifications.page(BOB, None, 1, EVERYTHING)
    stores.notifications.mark_read(BOB, only.notification.id, NOW)
    for _ in range(2):
        assert stores.notifications.mark_unread(BOB, only.notification.id)
    assert not stores.notifications.mark_unread(ANN, only.notification.id)
    assert stores.notifications.page(BOB, None, 1, Filter(unread=True)) == [only]
    assert stores.notifications.unread(BOB) == 1


def test_what_is_archived_has_left_the_inbox(stores):
    add(stores, *(posted(position) for position in (1, 2, 3)))
    _, second, _ = stores.notifications.page(BOB, None, 3, EVERYTHING)
    id = second.notification.id
    for at in (NOW, LATER):
        assert stores.notifications.archive(BOB, id, at)
    assert not stores.notifications.archive(ANN, id, NOW)
    assert positions(stores.notifications.page(BOB, None, 3, EVERYTHING)) == [3, 1]
    assert positions(stores.notifications.page(BOB, None, 3, Filter(unread=True))) == [3, 1]
    (archived,) = stores.notifications.page(BOB, None, 3, Filter(archived=True))
    assert archived == replace(second, archived_at=NOW)
    assert stores.notifications.page(BOB, None, 3, Filter(archived=True, unread=True)) == [archived]
    assert stores.notifications.unread(BOB) == 2
    assert stores.notifications.mark_all_read(BOB, None, NOW) == 2

    for _ in range(2):
        assert stores.notifications.unarchive(BOB, id)
    assert not stores.notifications.unarchive(BOB, "nothing")
    assert positions(stores.notifications.page(BOB, None, 3, EVERYTHING)) == [3, 2, 1]
    assert stores.notifications.page(BOB, None, 3, Filter(unread=True)) == [second]


def test_filters_go_together_with_pages(stores):
    def at(second):
        return NOW + timedelta(seconds=second)

    def when(second):
        return {"occurred_at": at(second).isoformat()}

    add(stores, *(posted(position) | when(position) for position in (1, 2, 4)), rejected(3) | when(3))

    def shown(before=None, **chosen):
        return positions(stores.notifications.page(ANN, before, 3, Filter(**chosen)))

    assert shown(kinds=(Kind.REJECTED,)) == [3]
    assert shown(kinds=(Kind.REJECTED, Kind.SENT)) == [4, 3, 2]
    assert shown(since=at(2), until=at(4)) == [
        3,
        2,
    ]
    fourth = stores.notifications.page(ANN, None, 1, EVERYTHING)[0].notification.order
    assert shown(fourth, kinds=(Kind.SENT,), until=at(9)) == [2, 1]
    assert shown(fourth, until=at(2)) == [1]


def test_no_more_are_counted_than_a_badge_needs(stores):
    add(stores, *(posted(position) for position in range(1, UNREAD_MAX + 2)))
    assert stores.notifications.unread(BOB) == UNREAD_MAX
    assert stores.notifications.mark_all_read(BOB, None, NOW) == UNREAD_MAX + 1


ORDER = "0000000000001-0000000000000001-x"
KINDS = (Kind.RECEIVED, Kind.REJECTED)


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (lambda c: paged(c), "current"),
        (lambda c: paged(c, before=ORDER), "current"),
        (lambda c: paged(c, kinds=KINDS), "current"),
        (lambda c: paged(c, since=NOW, until=LATER), "current"),
        (lambda c: paged(c, unread=True), "current_unread"),
        (lambda c: paged(c, unread=True, kinds=KINDS, since=NOW), "current_unread"),
        (lambda c: paged(c, archived=True), "archived"),
        (lambda c: paged(c, archived=True, unread=True, kinds=KINDS, until=LATER), "archived"),
        (
            lambda c: c.find({"user_id": BOB, "channel": "inbox", "stored": {"$gt": 0}, "_id": {"$nin": ["x"]}}).sort(
                [("stored", 1), ("_id", 1)]
            ),
            "live",
        ),
        (lambda c: c.find({"channel": {"$in": ["inbox", "silent"]}, "position": {"$gt": 1, "$lte": 5}}), "coverage"),
        (lambda c: c.find(storage.event_query(an_id(1))).sort("_id", 1), "_id_"),
    ],
)
def test_each_question_has_its_index_and_sorts_nothing(collections, query, index):
    store = MongoNotifications(collections)
    store.add([each for position in range(1, 51) for each in notifications_of(posted(position))], NOW, NOW)
    store.mark_all_read(BOB, notifications_of(posted(45))[0].order, NOW)
    plan = str(query(collections.notifications).explain()["queryPlanner"]["winningPlan"])
    assert f"'indexName': '{index}'" in plan
    assert "'SORT'" not in plan


def test_the_unread_are_counted_without_fetching_one(collections):
    store = MongoNotifications(collections)
    store.add([each for position in range(1, 51) for each in notifications_of(posted(position))], NOW, NOW)
    explained = collections.database.command(
        {"explain": {"count": "notifications", "query": storage.unread_query(BOB)}, "verbosity": "executionStats"}
    )
    assert "current_unread" in str(explained["queryPlanner"]["winningPlan"])
    assert explained["executionStats"]["totalDocsExamined"] == 0


def test_an_older_release_s_indexes_are_taken_away(collections):
    collections.notifications.create_index([("user_id", 1), ("order", -1)], name="unread")
    collections.set_up()
    assert "unread" not in collections.notifications.index_information()


def paged(collection, before=None, **chosen):
    return collection.find(storage.page_query(BOB, before, Filter(**chosen))).sort("order", -1)
