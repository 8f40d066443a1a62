"""From events to notifications: once each, whatever the topic does."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics.exposition import generate_latest
from pymongo.errors import AutoReconnect

from contracts.notices import LEDGER_KINDS, USER_KINDS, WATCH_KINDS
from notification_service.domain import notifications_of
from tests.unit.notification_service.events import ANN, BOB, NOW, SHOWN, opened, posted, rejected
from tests.unit.notification_service.telling import TellingWorld

SAMPLED = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"


EVENTS = [posted(1), opened(2), posted(3, payer=BOB, payee=ANN), rejected(4), *SHOWN.values()]


@given(deliveries=st.lists(st.lists(st.sampled_from(EVENTS), max_size=6), max_size=12))
def test_however_events_are_repeated_and_reordered_each_is_told_once(deliveries):
    world = TellingWorld()
    for batch in [*deliveries, EVENTS]:
        world.handle(*batch)

    expected = {each.id for event in EVENTS for each in notifications_of(event)}
    told = Counter((each.event_id, each.user_id, each.channel) for each in of_the_ledger(world))
    assert {each.id for each in of_the_ledger(world)} == expected
    assert set(told.values()) == {1}
    assert created(world, LEDGER_KINDS) == len(expected)


@given(order=st.permutations(EVENTS))
def test_the_order_of_arrival_leaves_no_trace_in_the_inbox(order):
    straight, mixed = TellingWorld(), TellingWorld()
    straight.handle(*EVENTS)
    for event in order:
        mixed.handle(event)
    for user in (ANN, BOB):
        assert of_the_ledger(straight, user) == of_the_ledger(mixed, user)


def of_the_ledger(world, *users):
    users = users or {each.notification.user_id for each in world.store.stored.values()}
    return [each for user in users for each in world.inbox(user) if each.kind in LEDGER_KINDS]


def created(world, kinds):
    return sum(world.metric("notification_created_total", kind=kind, channel="inbox") for kind in kinds)


def test_duplicates_are_counted_and_hinted_at_again():
    world = TellingWorld()
    for _ in range(2):
        world.handle(posted(1))
    assert world.metric("notification_suppressed_duplicates_total", channel="inbox") == 3
    assert world.hints.told == 2 * [{ANN, BOB}, {ANN}]  # the event's own, then what a rule found


def test_the_delay_is_measured_from_the_ledgers_decision_and_names_the_trace():
    world = TellingWorld()
    world.clock.advance(2)
    world.handle(posted(1), traceparent=SAMPLED)
    assert world.metric("notification_commit_to_notified_seconds_sum") == 4
    assert 'trace_id="' + "a" * 32 in generate_latest(world.registry).decode()


def test_a_clock_that_is_behind_the_ledgers_measures_no_negative_delay():
    world = TellingWorld()
    world.clock.advance(-5)
    world.handle(posted(1))
    assert world.metric("notification_commit_to_notified_seconds_sum") == 0


def test_when_it_was_consumed_is_kept():
    world = TellingWorld()
    world.clock.advance(1)
    world.handle(posted(1))
    assert {each.consumed_at for each in world.store.stored.values()} == {NOW + timedelta(seconds=1)}


def test_while_the_store_is_away_the_outage_is_raised_and_nothing_is_hinted():
    world = TellingWorld()
    world.store.away = AutoReconnect("away")
    with pytest.raises(AutoReconnect):
        world.handle(posted(1))
    assert world.hints.told == []
    assert created(world, LEDGER_KINDS) == 0


def test_every_series_exists_before_the_first_event():
    assert created(TellingWorld(), LEDGER_KINDS | USER_KINDS | WATCH_KINDS) == 0


def test_a_batch_that_concerns_nobody_writes_nothing():
    world = TellingWorld()
    world.handle(opened(1))
    assert (world.store.stored, world.hints.told) == ({}, [])
