"""One attempt, and where each end of it leads."""

from __future__ import annotations

from datetime import timedelta

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.openmetrics.exposition import generate_latest
from pymongo.errors import AutoReconnect
from structlog.testing import capture_logs

from notification_service.domain import Channel, DeliveryState, Outcome
from notification_service.domain.patience import Patience
from notification_service.metrics import DeliveryMetrics
from notification_service.ports import Delayed, Refused, TargetAway, Unwanted
from notification_service.use_cases.deliver import Deliver
from tests.manual_clock import ManualClock
from tests.unit.notification_service.events import NOW
from tests.unit.notification_service.memory import MemoryDeliveries
from tests.unit.notification_service.orders import TRACE, hook, mail

PATIENCE = Patience(attempts=3, first_pause=timedelta(seconds=10))


class Way:
    """A carrier that takes two seconds, and fails with each of `failures` first."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.failures: list[Exception] = []
        self.taken: list[str] = []

    def deliver(self, delivery):
        self.clock.advance(2)
        if self.failures:
            raise self.failures.pop(0)
        self.taken.append(delivery.id)
        return 250


class World:
    def __init__(self) -> None:
        self.clock, self.registry = ManualClock(NOW), CollectorRegistry()
        self.store, self.way = MemoryDeliveries(), Way(self.clock)
        metrics = DeliveryMetrics(self.registry)
        carriers = {Channel.EMAIL: self.way}
        self.deliver = Deliver(self.store, carriers, PATIENCE, metrics, self.clock, draw=lambda: 0.5)
        self.store.add([mail()], self.clock.now())

    def attempt(self, lane="email"):
        (claimed,) = self.store.claim({lane: 1}, self.clock.now(), self.clock.now() + timedelta(minutes=1))
        return self.deliver.attempt(claimed)

    @property
    def record(self):
        return self.store.find(mail().id)

    def metric(self, name, **labels):
        value = self.registry.get_sample_value(name, labels)
        assert value is not None, name
        return value


@pytest.fixture
def world():
    return World()


def test_what_was_taken_is_delivered_and_how_long_it_took_is_noted(world):
    tried = world.attempt()
    assert (tried.outcome, tried.seconds) == (Outcome.DELIVERED, 2.0)
    (attempt,) = world.record.attempts
    assert (attempt.outcome, attempt.status, attempt.latency_ms, attempt.cause) == ("delivered", 250, 2000, None)
    assert world.record.state == DeliveryState.DELIVERED
    assert world.metric("notification_deliveries_finished_total", channel="email", state="delivered") == 1
    assert world.metric("notification_commit_to_delivered_seconds_sum", channel="email") == 2.0


def test_the_time_to_delivery_names_its_trace(world):
    world.attempt()
    assert f'trace_id="{TRACE.split("-")[1]}"' in generate_latest(world.registry).decode()


def test_a_target_that_is_away_is_tried_again_after_a_pause(world):
    world.way.failures = [TargetAway("connection_refused", retry_after=7.0)]
    tried = world.attempt()
    assert (tried.outcome, tried.retry_after) == (Outcome.AWAY, 7.0)
    assert world.record.state == DeliveryState.PENDING
    assert world.record.next_attempt_at == NOW + timedelta(seconds=2 + 7 + 5)
    assert world.record.attempts[0].cause == "connection_refused"
    assert world.metric("notification_delivery_attempts_total", channel="email", outcome="away") == 1


def test_one_that_is_delayed_is_tried_again_after_a_pause(world):
    world.way.failures = [Delayed("greylisted", 451)]
    assert world.attempt().outcome == Outcome.DELAYED
    assert world.record.next_attempt_at == NOW + timedelta(seconds=2 + 5)
    assert world.record.attempts[0].status == 451


def test_what_is_refused_for_good_is_dead_with_its_cause(world):
    world.way.failures = [Refused("status_410", 410)]
    world.attempt()
    assert (world.record.state, world.record.cause) == (DeliveryState.DEAD, "status_410")
    assert world.metric("notification_deliveries_finished_total", channel="email", state="dead") == 1


def test_what_nobody_wants_is_cancelled(world):
    world.way.failures = [Unwanted("no_confirmed_address")]
    world.attempt()
    assert (world.record.state, world.record.cause) == (DeliveryState.CANCELLED, "no_confirmed_address")


def test_after_the_last_attempt_it_is_dead_with_the_last_cause(world):
    world.way.failures = [TargetAway("timeout"), TargetAway("status_503", 503), TargetAway("status_500", 500)]
    for _ in range(3):
        assert world.record.state == DeliveryState.PENDING
        world.attempt()
        world.clock.advance(60)
    assert (world.record.state, world.record.cause) == (DeliveryState.DEAD, "status_500")
    assert [each.cause for each in world.record.attempts] == ["timeout", "status_503", "status_500"]


def test_a_fault_of_ours_is_dead_at_once_and_no_loop(world):
    world.way.failures = [KeyError("no such word")]
    with capture_logs() as logs:
        assert world.attempt().outcome == Outcome.BROKEN
    assert (world.record.state, world.record.cause) == (DeliveryState.DEAD, "broken")
    assert "delivery_broken" in [line["event"] for line in logs]


def test_a_channel_without_a_way_is_a_fault_of_ours(world):
    world.store.add([hook()], NOW)
    assert world.attempt("webhook:hook-1").outcome == Outcome.BROKEN


def test_while_the_store_is_away_nothing_is_noted_and_it_comes_again_with_the_same_id(world):
    world.way.failures = [AutoReconnect("away")]
    assert world.attempt().outcome == Outcome.UNKNOWN
    assert [each.outcome for each in world.record.attempts] == [Outcome.UNKNOWN]
    world.clock.advance(60)
    assert world.attempt().outcome == Outcome.DELIVERED
    assert world.way.taken == [mail().id]


class BackSoon(MemoryDeliveries):
    """Away for the first two notes."""

    def __init__(self):
        super().__init__()
        self.misses = 2

    def finish(self, *args):
        if self.misses:
            self.misses -= 1
            raise AutoReconnect("away")
        return super().finish(*args)


def test_a_store_that_is_soon_back_hears_that_it_was_delivered(world):
    store = BackSoon()
    store.add([mail()], world.clock.now())
    world.store = store
    world.deliver = Deliver(store, world.deliver.carriers, PATIENCE, world.deliver.metrics, world.clock)
    assert world.attempt().outcome == Outcome.DELIVERED
    assert world.record.state == DeliveryState.DELIVERED


def test_failures_are_logged_without_who_it_is_for(world):
    world.way.failures = [TargetAway("status_503", 503)]
    with capture_logs() as logs:
        world.attempt()
    (line,) = logs
    assert (line["event"], line["cause"], line["attempt"]) == ("delivery_failed", "status_503", 1)
