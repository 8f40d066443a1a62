"""From events to notifications: once each, whatever the topic does."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from prometheus_client.openmetrics.exposition import generate_latest
from pymongo.errors import AutoReconnect

from contracts.notices import LEDGER_KINDS
from notification_service.domain import notifications_of
from notification_service.metrics import TellingMetrics
from notification_service.ports import EVERYTHING
from notification_service.use_cases.notify import Notify
from notification_service.use_cases.tell import Tell
from tests.manual_clock import ManualClock
from tests.unit.notification_service.events import ANN, BOB, NOW, SHOWN, message, opened, posted, rejected
from tests.unit.notification_service.memory import MemoryNotifications, RememberedHints

SAMPLED = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"


class World:
    def __init__(self) -> None:
        self.clock = ManualClock(NOW)
        self.store, self.hints, self.registry = MemoryNotifications(), RememberedHints(), CollectorRegistry()
        tell = Tell(self.store, self.hints, TellingMetrics(self.registry, LEDGER_KINDS), self.clock)
        self.handle = Notify(tell, self.clock).handle

    def metric(self, name: str, **labels: str) -> float:
        value = self.registry.get_sample_value(name, labels)
        assert value is not None, name
        return value

    @property
    def created(self) -> float:
        return sum(self.metric("notification_created_total", kind=kind, channel="inbox") for kind in LEDGER_KINDS)


EVENTS = [posted(1), opened(2), posted(3, payer=BOB, payee=ANN), rejected(4), *SHOWN.values()]


@given(deliveries=st.lists(st.lists(st.sampled_from(EVENTS), max_size=6), max_size=12))
def test_however_events_are_repeated_and_reordered_each_is_told_once(deliveries):
    world = World()
    for batch in [*deliveries, EVENTS]:
        world.handle([message(event) for event in batch])

    expected = {each.id for event in EVENTS for each in notifications_of(event)}
    told = Counter((each.event_id, each.user_id, each.channel) for each in notifications(world))
    assert set(world.store.stored) == expected
    assert set(told.values()) == {1}
    assert world.created == len(expected)


@given(order=st.permutations(EVENTS))
def test_the_order_of_arrival_leaves_no_trace_in_the_inbox(order):
    straight, mixed = World(), World()
    straight.handle([message(event) for event in EVENTS])
    for event in order:
        mixed.handle([message(event)])
    for user in (ANN, BOB):
        pages = [world.store.page(user, None, 100, EVERYTHING) for world in (straight, mixed)]
        assert [each.notification for each in pages[0]] == [each.notification for each in pages[1]]


def notifications(world):
    return [each.notification for each in world.store.stored.values()]


def test_duplicates_are_counted_and_hinted_at_again():
    world = World()
    for _ in range(2):
        world.handle([message(posted(1))])
    assert world.metric("notification_suppressed_duplicates_total", channel="inbox") == 2
    assert world.hints.told == [{ANN, BOB}, {ANN, BOB}]


def test_the_delay_is_measured_from_the_ledgers_decision_and_names_the_trace():
    world = World()
    world.clock.advance(2)
    world.handle([message(posted(1), SAMPLED)])
    assert world.metric("notification_commit_to_notified_seconds_sum") == 4
    assert 'trace_id="' + "a" * 32 in generate_latest(world.registry).decode()


def test_a_clock_that_is_behind_the_ledgers_measures_no_negative_delay():
    world = World()
    world.clock.advance(-5)
    world.handle([message(posted(1))])
    assert world.metric("notification_commit_to_notified_seconds_sum") == 0


def test_when_it_was_consumed_is_kept():
    world = World()
    world.clock.advance(1)
    world.handle([message(posted(1))])
    assert {each.consumed_at for each in world.store.stored.values()} == {NOW + timedelta(seconds=1)}


def test_while_the_store_is_away_the_outage_is_raised_and_nothing_is_hinted():
    world = World()
    world.store.away = AutoReconnect("away")
    with pytest.raises(AutoReconnect):
        world.handle([message(posted(1))])
    assert world.hints.told == []
    assert world.created == 0


def test_every_series_exists_before_the_first_event():
    assert World().created == 0


def test_a_batch_that_concerns_nobody_writes_nothing():
    world = World()
    world.handle([message(opened(1))])
    assert (world.store.stored, world.hints.told) == ({}, [])
