"""What the store of deliveries promises, over memory and over MongoDB."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from notification_service.domain import (
    Attempt,
    Channel,
    Delivery,
    DeliveryState,
    Outcome,
    notifications_of,
)
from notification_service.ports.deliveries import ATTEMPTS_KEPT, Backlog
from notification_service.storage.deliveries import MongoDeliveries
from tests.unit.notification_service.events import ANN, BOB, NOW, SHOWN
from tests.unit.notification_service.orders import TRACE, hook, mail

LATER, LATEST = NOW + timedelta(seconds=15), NOW + timedelta(days=1)
DELIVERED = Attempt(NOW, Outcome.DELIVERED, 204, 12)
AWAY = Attempt(NOW, Outcome.AWAY, 503, 40, "status_503")


def claim_one(store, lane="email", now=NOW, until=LATER):
    (claimed,) = store.claim({lane: 1}, now, until)
    return claimed


def states(store):
    return {each.delivery.id: each.state for each in store.page(None, 100)}


def test_what_is_ordered_comes_back_whole(stores):
    told = [each for event in SHOWN.values() for each in notifications_of(event)]
    ordered = [Delivery(replace(each, channel=Channel.WEBHOOK), "hook-1", TRACE) for each in told]
    stores.deliveries.add(ordered, NOW)
    found = {each.delivery.id: each for each in stores.deliveries.page(None, 100)}
    assert {id: each.delivery for id, each in found.items()} == {each.id: each for each in ordered}
    assert {(each.state, each.created_at, each.next_attempt_at) for each in found.values()} == {("pending", NOW, NOW)}


def test_each_is_ordered_once_and_the_call_says_which_were_new(stores):
    assert stores.deliveries.add([mail(1)], NOW) == [True]
    assert stores.deliveries.add([mail(1), hook(1), hook(1, "hook-2")], LATER) == [False, True, True]
    assert stores.deliveries.add([], NOW) == []
    assert stores.deliveries.find(mail(1).id).created_at == NOW


def test_lanes_with_something_due_are_named_once_each(stores):
    stores.deliveries.add([mail(1), mail(2), hook(1), hook(2, "hook-2")], NOW)
    stores.deliveries.add([hook(3, "hook-3")], LATER)
    assert set(stores.deliveries.lanes(LATEST, 10).values()) == {NOW, LATER}
    assert list(stores.deliveries.lanes(NOW, 10)) == ["email", "webhook:hook-1", "webhook:hook-2"]
    assert list(stores.deliveries.lanes(LATER, 2)) == ["email", "webhook:hook-1"]
    assert list(stores.deliveries.lanes(LATER, 2, after="webhook:hook-1")) == ["webhook:hook-2", "webhook:hook-3"]


def test_a_lane_gives_what_has_waited_longest_and_no_more_than_was_asked_for(stores):
    stores.deliveries.add([mail(1)], LATER)
    stores.deliveries.add([mail(2), mail(3), hook(1)], NOW)
    taken = stores.deliveries.claim({"email": 2, "webhook:none": 5}, LATER, LATEST)
    assert {each.delivery.id for each in taken} == {mail(2).id, mail(3).id}
    assert {(each.number, each.since, each.at) for each in taken} == {(1, NOW, LATER)}
    assert stores.deliveries.claim({}, LATER, LATEST) == []


def test_what_is_claimed_nobody_else_gets_until_the_claim_lapses(stores):
    stores.deliveries.add([mail(1)], NOW)
    first = claim_one(stores.deliveries)
    assert stores.deliveries.claim({"email": 1}, NOW, LATER) == []
    assert list(stores.deliveries.lanes(NOW, 10)) == []
    second = claim_one(stores.deliveries, now=LATER, until=LATEST)
    assert (second.delivery, second.number) == (first.delivery, 2)


def test_who_is_still_at_work_keeps_the_claim(stores):
    stores.deliveries.add([mail(1)], NOW)
    stores.deliveries.extend([claim_one(stores.deliveries)], LATEST)
    assert stores.deliveries.claim({"email": 1}, LATER, LATEST) == []
    stores.deliveries.extend([], LATEST)


def test_a_claim_that_was_lost_is_not_kept(stores):
    stores.deliveries.add([mail(1)], NOW)
    lost = claim_one(stores.deliveries)
    claim_one(stores.deliveries, now=LATER, until=LATER)
    stores.deliveries.extend([lost], LATEST)
    assert stores.deliveries.find(mail(1).id).next_attempt_at == LATER


def test_an_attempt_is_noted_before_it_is_made_so_that_a_death_leaves_its_trace(stores):
    stores.deliveries.add([mail(1)], NOW)
    claim_one(stores.deliveries)
    second = claim_one(stores.deliveries, now=LATER, until=LATEST)
    stores.deliveries.finish(second, DELIVERED, DeliveryState.DELIVERED, LATER)
    unknown, known = stores.deliveries.find(mail(1).id).attempts
    assert unknown == Attempt(NOW, Outcome.UNKNOWN)
    assert known == replace(DELIVERED, at=LATER)


def test_what_is_put_off_is_due_again_then(stores):
    stores.deliveries.add([mail(1)], NOW)
    assert stores.deliveries.put_off(claim_one(stores.deliveries), AWAY, LATER)
    assert list(stores.deliveries.lanes(NOW, 10)) == []
    assert stores.deliveries.find(mail(1).id).attempts == (AWAY,)
    assert claim_one(stores.deliveries, now=LATER, until=LATEST).number == 2


def test_what_is_over_is_not_due_again(stores):
    stores.deliveries.add([mail(1)], NOW)
    claimed = claim_one(stores.deliveries)
    assert stores.deliveries.finish(claimed, AWAY, DeliveryState.DEAD, LATER)
    assert not stores.deliveries.finish(claimed, DELIVERED, DeliveryState.DELIVERED, LATEST)
    assert list(stores.deliveries.lanes(LATEST, 10)) == []
    found = stores.deliveries.find(mail(1).id)
    assert (found.state, found.finished_at, found.cause) == (DeliveryState.DEAD, LATER, "status_503")


def test_who_has_lost_the_claim_may_still_say_that_it_was_delivered_and_nothing_else(stores):
    stores.deliveries.add([mail(1)], NOW)
    lost = claim_one(stores.deliveries)
    holder = claim_one(stores.deliveries, now=LATER, until=LATEST)
    assert not stores.deliveries.put_off(lost, AWAY, LATER)
    assert not stores.deliveries.finish(lost, AWAY, DeliveryState.DEAD, LATER)
    assert stores.deliveries.finish(lost, DELIVERED, DeliveryState.DELIVERED, LATER)
    assert not stores.deliveries.finish(holder, DELIVERED, DeliveryState.DELIVERED, LATER)
    assert [each.outcome for each in stores.deliveries.find(mail(1).id).attempts] == ["delivered", "unknown"]


def test_what_is_too_old_is_given_up_unless_somebody_is_at_it(stores):
    stores.deliveries.add([mail(1), mail(2)], NOW)
    claim_one(stores.deliveries, until=LATEST)
    stores.deliveries.add([mail(3)], LATER)
    assert stores.deliveries.expire(LATER, LATER) == {"email": 1}
    assert stores.deliveries.expire(LATER, LATER) == {}
    assert sorted(states(stores.deliveries).values()) == ["dead", "pending", "pending"]
    assert {each.cause for each in stores.deliveries.page(None, 9, state=DeliveryState.DEAD)} == {"too_old"}


def test_the_log_of_attempts_is_bounded(stores):
    stores.deliveries.add([mail(1)], NOW)
    for number in range(ATTEMPTS_KEPT + 3):
        at = NOW + timedelta(minutes=number)
        stores.deliveries.put_off(claim_one(stores.deliveries, now=at, until=LATEST), AWAY, at)
    attempts = stores.deliveries.find(mail(1).id).attempts
    assert len(attempts) == ATTEMPTS_KEPT
    assert attempts[-1].at == NOW + timedelta(minutes=ATTEMPTS_KEPT + 2)


def test_pages_show_the_latest_first_of_one_state_person_or_target(stores):
    for position in (1, 2, 3):
        stores.deliveries.add([mail(position), mail(position, BOB)], NOW + timedelta(seconds=position))
    stores.deliveries.add([hook(4)], LATER)
    newest = stores.deliveries.page(None, 2, user_id=BOB)
    assert [each.delivery.notification.position for each in newest] == [3, 2]
    older = stores.deliveries.page(newest[-1].order, 2, user_id=BOB)
    assert [each.delivery.notification.position for each in older] == [1]
    assert [each.delivery for each in stores.deliveries.page(None, 9, target="hook-1")] == [hook(4)]
    assert stores.deliveries.page(None, 9, state=DeliveryState.DEAD) == []
    assert stores.deliveries.find("nothing") is None


def test_all_that_an_event_led_to_is_found_and_nothing_of_another(stores):
    ordered = [mail(1), hook(1), hook(1, "hook-2")]
    stores.deliveries.add([*ordered, mail(11), hook(2)], NOW)
    found = stores.deliveries.of_event(ordered[0].notification.event_id)
    assert [each.delivery.id for each in found] == sorted(each.id for each in ordered)


def test_a_dead_one_that_is_redriven_begins_again(stores):
    stores.deliveries.add([mail(1)], NOW)
    stores.deliveries.finish(claim_one(stores.deliveries), AWAY, DeliveryState.DEAD, LATER)
    assert stores.deliveries.redrive(mail(1).id, LATER)
    assert not stores.deliveries.redrive(mail(1).id, LATER)
    assert not stores.deliveries.redrive("nothing", LATER)
    again = claim_one(stores.deliveries, now=LATER, until=LATEST)
    assert (again.number, again.since) == (1, LATER)
    found = stores.deliveries.find(mail(1).id)
    assert (found.state, found.cause, found.finished_at, len(found.attempts)) == ("pending", None, None, 2)


def test_a_delivered_one_is_sent_again_only_where_that_is_wished(stores):
    stores.deliveries.add([hook(1)], NOW)
    claimed = claim_one(stores.deliveries, "webhook:hook-1")
    stores.deliveries.finish(claimed, DELIVERED, DeliveryState.DELIVERED, LATER)
    assert not stores.deliveries.redrive(hook(1).id, LATER)
    assert stores.deliveries.send_again(hook(1), LATER)
    assert not stores.deliveries.send_again(hook(1), LATER)


def test_what_its_owner_asks_for_has_a_lane_of_its_own_until_it_was_tried(stores):
    asked, lane = replace(hook(1), asked=True), "webhook:hook-1:asked"
    stores.deliveries.add([asked, hook(2)], NOW)
    assert set(stores.deliveries.lanes(NOW, 10)) == {lane, "webhook:hook-1"}
    claimed = claim_one(stores.deliveries, lane)
    assert claimed.delivery == asked
    stores.deliveries.put_off(claimed, AWAY, LATER)
    assert set(stores.deliveries.lanes(LATER, 10)) == {"webhook:hook-1"}
    claimed = {each.delivery.id: each for each in stores.deliveries.claim({"webhook:hook-1": 9}, LATER, LATEST)}
    assert claimed[hook(1).id].delivery == hook(1)
    stores.deliveries.finish(claimed[hook(1).id], DELIVERED, DeliveryState.DELIVERED, LATEST)
    assert stores.deliveries.send_again(hook(1), LATEST)
    assert stores.deliveries.find(hook(1).id).delivery == asked
    assert claim_one(stores.deliveries, lane, LATEST, LATEST + timedelta(seconds=9)).number == 1


def test_all_dead_ones_are_redriven_or_those_of_one_channel_or_target(stores):
    def die():
        for claimed in stores.deliveries.claim({"email": 9, "webhook:hook-1": 9, "webhook:hook-2": 9}, LATER, LATEST):
            stores.deliveries.finish(claimed, AWAY, DeliveryState.DEAD, LATER)

    stores.deliveries.add([mail(1), hook(1), hook(2), hook(3, "hook-2")], NOW)
    die()
    assert stores.deliveries.redrive_dead(LATER, target="hook-2") == 1
    assert stores.deliveries.redrive_dead(LATER, channel="webhook") == 2
    die()
    assert stores.deliveries.redrive_dead(LATER) == 4


def test_the_backlog_counts_what_waits_and_what_is_dead(stores):
    assert stores.deliveries.backlog() == Backlog({}, {}, {})
    stores.deliveries.add([mail(1)], NOW)
    stores.deliveries.add([mail(2), hook(1)], LATER)
    assert stores.deliveries.backlog().oldest == {"email": NOW, "webhook": LATER}
    stores.deliveries.finish(claim_one(stores.deliveries), AWAY, DeliveryState.DEAD, LATER)
    waiting = {"email": LATER, "webhook": LATER}
    assert stores.deliveries.backlog() == Backlog({"email": 1, "webhook": 1}, {"email": 1}, waiting)


def test_who_has_closed_their_account_gets_nothing_more_and_leaves_nothing(stores):
    stores.deliveries.add([mail(1), mail(2), mail(1, BOB)], NOW)
    first = claim_one(stores.deliveries)
    stores.deliveries.finish(first, DELIVERED, DeliveryState.DELIVERED, LATER)
    theirs = first.delivery.notification.user_id
    stores.deliveries.forget([theirs], LATER)
    kept = stores.deliveries.page(None, 9, user_id=theirs)
    assert {each.delivery.notification.transfer for each in kept} == {None}
    assert {each.state for each in kept} <= {DeliveryState.DELIVERED, DeliveryState.CANCELLED}
    assert stores.deliveries.find(first.delivery.id).state == DeliveryState.DELIVERED


# What only the real one has.


def test_many_deliverers_at_once_claim_each_delivery_once(collections):
    store = MongoDeliveries(collections)
    store.add([hook(position, f"hook-{position % 5}") for position in range(1, 101)], NOW)
    wanted = {f"webhook:hook-{number}": 20 for number in range(5)}
    with ThreadPoolExecutor(6) as deliverers:
        taken = list(deliverers.map(lambda _: store.claim(wanted, NOW, LATER), range(6)))
    ids = [each.delivery.id for claimed in taken for each in claimed]
    assert len(ids) == len(set(ids)) == 100


def test_what_is_over_is_kept_as_long_as_was_said_and_what_is_redriven_for_ever(collections):
    store = MongoDeliveries(collections, kept=timedelta(days=7))
    store.add([mail(1)], NOW)
    store.finish(claim_one(store), AWAY, DeliveryState.DEAD, LATER)
    assert collections.deliveries.find_one()["expires_at"] == LATER + timedelta(days=7)
    store.redrive(mail(1).id, LATER)
    assert collections.deliveries.find_one()["expires_at"] is None
    assert collections.deliveries.index_information()["expires"]["expireAfterSeconds"] == 0


def test_a_lanes_backlog_costs_the_look_for_lanes_nothing(collections):
    store = MongoDeliveries(collections)
    store.add([hook(position, f"hook-{position % 4}") for position in range(1, 201)], NOW)
    plan = collections.database.command(
        "explain",
        {
            "aggregate": "deliveries",
            "cursor": {},
            "pipeline": [
                {"$match": {"state": "pending", "lane": {"$gt": "webhook:hook-0"}}},
                {"$sort": {"state": 1, "lane": 1, "next_attempt_at": 1}},
                {"$group": {"_id": "$lane", "due": {"$first": "$next_attempt_at"}}},
            ],
        },
        verbosity="executionStats",
    )
    assert "DISTINCT_SCAN" in str(plan)


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (
            lambda c: c.find({"state": "pending", "lane": "email", "next_attempt_at": {"$lte": NOW}}).sort(
                "next_attempt_at", 1
            ),
            "due",
        ),
        (lambda c: c.find({"state": "pending", "channel": "email"}).sort("since", 1), "oldest"),
        (lambda c: c.find({"state": "dead", "channel": "email"}, {"_id": 0, "state": 1}), "counted"),
        (lambda c: c.find({"state": "dead", "order": {"$lt": "x"}}).sort("order", -1), "latest_of_state"),
        (lambda c: c.find({"user_id": ANN}).sort("order", -1), "latest_of_user_id"),
        (lambda c: c.find({"target": "hook-1"}).sort("order", -1), "latest_of_target"),
        (lambda c: c.find({}).sort("order", -1), "latest"),
    ],
)
def test_each_question_has_its_index_and_sorts_nothing(collections, query, index):
    MongoDeliveries(collections).add([mail(position) for position in range(1, 51)], NOW)
    plan = str(query(collections.deliveries).explain()["queryPlanner"]["winningPlan"])
    assert f"'indexName': '{index}'" in plan
    assert "'SORT'" not in plan
