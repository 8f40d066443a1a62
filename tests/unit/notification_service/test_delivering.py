"""The deliverer's loop, with real threads over the store in memory."""

from __future__ import annotations

from datetime import timedelta
from threading import Event, Thread

import pytest
from prometheus_client import CollectorRegistry
from pymongo.errors import AutoReconnect
from structlog.testing import capture_logs

from notification_service import delivering
from notification_service.delivering import LEASE, MENDED_SECONDS, UPKEEP_SECONDS, Deliverer
from notification_service.domain import Attempt, DeliveryState, Outcome
from notification_service.lanes import Lanes
from notification_service.metrics import DeliveryMetrics
from notification_service.ports.carriers import LONGEST_SECONDS
from notification_service.use_cases.deliver import Tried
from service_kit.process import Progress, StopSignal
from tests.manual_clock import ManualClock
from tests.unit.notification_service.events import NOW
from tests.unit.notification_service.memory import MemoryDeliveries
from tests.unit.notification_service.orders import hook, mail
from tests.waiting import eventually

DEAD = "webhook:dead"


class World:
    """A deliverer whose attempts succeed, but for those of the target `dead`, which hang until `release` is set."""

    def __init__(self, threads: int = 8, at_once: int = 2) -> None:
        self.clock, self.registry, self.store = ManualClock(NOW), CollectorRegistry(), MemoryDeliveries()
        self.release, self.stop, self.begun, self.mended = Event(), StopSignal(), [], set()
        self.deliverer = Deliverer(
            self.store,
            self.attempt,
            Lanes(at_once, threads, self.clock),
            DeliveryMetrics(self.registry),
            Progress(self.clock),
            self.clock,
            threads=threads,
            age=timedelta(days=1),
            mended=lambda targets: [target for target in targets if target in self.mended],
        )

    def attempt(self, claimed):
        self.begun.append(claimed.delivery.id)
        if claimed.delivery.lane == DEAD:
            self.release.wait(30)
        attempt = Attempt(claimed.at, Outcome.DELIVERED)
        self.store.finish(claimed, attempt, DeliveryState.DELIVERED, self.clock.now())
        return Tried(Outcome.DELIVERED, 0.01)

    def delivered(self):
        return sum(each.state == DeliveryState.DELIVERED for each in list(self.store.records.values()))


@pytest.fixture
def world():
    world = World()
    loop = Thread(target=world.deliverer.run, args=(world.stop,))

    def start():
        loop.start()
        return loop

    world.start = start
    yield world
    world.release.set()
    world.stop.set()
    if loop.ident:
        loop.join(10)


def test_everything_due_is_delivered_once(world):
    world.store.add([mail(position) for position in range(1, 51)] + [hook(60)], NOW)
    world.start()
    eventually(lambda: world.delivered() == 51, what="51 deliveries")
    assert len(world.begun) == len(set(world.begun)) == 51


def test_a_target_that_never_answers_holds_up_nobody_else(world):
    world.store.add([hook(position, "dead") for position in range(1, 41)], NOW)
    world.store.add([hook(position, f"hook-{position}") for position in range(1, 41)], NOW)
    world.start()
    eventually(lambda: world.delivered() == 40, what="40 deliveries")
    assert sum(id.endswith("dead") for id in world.begun) == 2


def test_what_is_ordered_later_is_delivered_too(world):
    world.start()
    world.store.add([mail(1)], NOW)
    eventually(lambda: world.delivered() == 1, what="1 deliveries")


def test_who_is_told_to_stop_ends_what_is_at_work(world):
    world.store.add([hook(1, "dead")], NOW)
    loop = world.start()
    eventually(lambda: world.begun, what="the attempt")
    world.stop.set()
    world.release.set()
    loop.join(10)
    assert world.delivered() == 1


def test_it_outlives_a_store_that_is_away(world, monkeypatch):
    monkeypatch.setattr(delivering, "TROUBLE_SECONDS", 0.01)
    world.store.add([mail(1)], NOW)
    world.store.away = AutoReconnect("away")
    with capture_logs() as logs:
        world.start()
        eventually(lambda: logs, what="the outage")
    world.store.away = None
    eventually(lambda: world.delivered() == 1, what="1 deliveries")


def test_the_claims_of_those_at_work_are_kept_but_not_of_those_that_hang():
    world = World()
    world.store.add([hook(1, "dead")], NOW)
    world.deliverer.round()  # and no thread takes it
    world.clock.advance(UPKEEP_SECONDS)
    world.deliverer.keep_up()
    assert world.store.find(hook(1, "dead").id).next_attempt_at == world.clock.now() + LEASE
    world.clock.advance(LONGEST_SECONDS)
    world.deliverer.keep_up()
    assert world.store.find(hook(1, "dead").id).next_attempt_at < world.clock.now()


def test_what_is_too_old_is_given_up_and_counted():
    world = World()
    world.store.add([mail(1)], NOW)
    world.clock.advance(86_401)
    world.deliverer.keep_up()
    assert world.store.find(mail(1).id).state == DeliveryState.DEAD
    dead = {"channel": "email", "state": "dead"}
    assert world.registry.get_sample_value("notification_deliveries_finished_total", dead) == 1
    assert world.registry.get_sample_value("notification_deliveries_dead", {"channel": "email"}) == 1


def test_a_target_that_its_owner_or_another_deliverer_knows_to_be_well_waits_for_no_rest():
    world = World()
    lane = hook(1, "away").lane
    world.store.add([hook(1, "away")], NOW)
    world.deliverer.lanes.begun(lane)
    world.deliverer.lanes.ended(lane, Outcome.AWAY, 0.1, retry_after=3_600)
    world.deliverer.round()
    assert world.store.find(hook(1, "away").id).attempts == ()
    world.mended.add("away")
    world.clock.advance(MENDED_SECONDS)
    world.deliverer.round()
    assert len(world.store.find(hook(1, "away").id).attempts) == 1


def overdue(world, channel):
    return world.registry.get_sample_value("notification_deliveries_overdue_seconds", {"channel": channel})


def test_what_waits_though_nothing_hinders_it_is_overdue():
    world = World(threads=1)
    world.deliverer.lanes.begun(hook(1, "bad").lane)
    world.deliverer.lanes.ended(hook(1, "bad").lane, Outcome.AWAY, 0.1)
    world.store.add([mail(1), mail(2)], NOW + timedelta(seconds=40))
    world.store.add([hook(1, "bad")], NOW)
    world.clock.advance(60)
    world.deliverer.round()
    world.deliverer.keep_up()

    assert (overdue(world, "email"), overdue(world, "webhook")) == (20, 0)


def test_what_is_overdue_is_known_of_all_pages_together(monkeypatch):
    monkeypatch.setattr(delivering, "LANES_A_LOOK", 2)
    world = World(threads=50)
    world.store.add([mail(1), *(hook(position, f"hook-{position}") for position in range(1, 6))], NOW)
    world.clock.advance(60)
    for _page in range(4):
        world.deliverer.round()
    world.deliverer.keep_up()
    assert overdue(world, "email") == 60


def test_many_lanes_are_looked_at_page_by_page(monkeypatch):
    monkeypatch.setattr(delivering, "LANES_A_LOOK", 2)
    world = World(threads=50)
    world.store.add([hook(position, f"hook-{position}") for position in range(1, 6)], NOW)
    for _ in range(3):
        world.deliverer.round()
    assert len(world.deliverer._at_work) == 5


def test_an_attempt_that_crashes_costs_no_thread():
    world = World(threads=1)
    world.deliverer.attempt = lambda claimed: 1 / 0
    world.store.add([mail(1)], NOW)
    Thread(target=world.deliverer._work, daemon=True).start()
    world.deliverer.round()
    eventually(lambda: not world.deliverer._at_work, what="the end of the attempt")
    world.deliverer.attempt = world.attempt
    world.clock.advance(LEASE.total_seconds())
    world.deliverer.round()
    eventually(lambda: world.delivered() == 1, what="1 deliveries")
