"""`process_ready`: what /readyz would say, for Prometheus."""

from __future__ import annotations

import threading

from prometheus_client import CollectorRegistry

from service_kit.readiness import STALE_SECONDS, Readiness
from tests.manual_clock import ManualClock
from tests.waiting import eventually


class Store:
    """Answers until told to be away."""

    def __init__(self) -> None:
        self.away = False

    def check(self) -> None:
        if self.away:
            raise ConnectionError("refused")


def ready(registry: CollectorRegistry, check: str) -> float | None:
    return registry.get_sample_value("process_ready", {"check": check})


def test_it_says_which_check_fails_and_when_it_holds_again() -> None:
    registry, store = CollectorRegistry(auto_describe=True), Store()
    readiness = Readiness({"mongo": store.check, "loop": lambda: None}, ManualClock())
    registry.register(readiness)

    readiness.look()
    assert (ready(registry, "mongo"), ready(registry, "loop")) == (1, 1)
    store.away = True
    readiness.look()
    assert (ready(registry, "mongo"), ready(registry, "loop")) == (0, 1)
    store.away = False
    readiness.look()
    assert ready(registry, "mongo") == 1


def test_nothing_is_claimed_before_the_first_look() -> None:
    registry = CollectorRegistry(auto_describe=True)
    registry.register(Readiness({"mongo": lambda: None}, ManualClock()))

    assert ready(registry, "mongo") is None


def test_a_check_that_hangs_does_not_hold() -> None:
    registry, clock = CollectorRegistry(auto_describe=True), ManualClock()
    readiness = Readiness({"mongo": lambda: None}, clock)
    registry.register(readiness)
    readiness.look()

    clock.advance(STALE_SECONDS)

    assert ready(registry, "mongo") == 0


def test_it_looks_by_itself_once_started() -> None:
    looked = threading.Event()
    readiness = Readiness({"mongo": looked.set})

    readiness.start()

    eventually(looked.is_set, what="a first look")
    readiness.stop()
