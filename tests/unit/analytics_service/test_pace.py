"""Gathering polls: at once when it is quiet, about a batch a second under load."""

from __future__ import annotations

import pytest

from analytics_service.pace import PacedConsumer
from tests.manual_clock import ManualClock


class Stream:
    """Gives one record of partition 0 for each `every` seconds that a poll waits; none when `every` is 0."""

    def __init__(self, clock: ManualClock, every: float) -> None:
        self._clock = clock
        self._every = every
        self._given = 0

    def poll(self, timeout_ms):
        if not self._every:
            self._clock.advance(timeout_ms / 1000)
            return {}
        self._clock.advance(self._every)
        self._given += 1
        return {0: [self._given]}

    def pause(self, *partitions):
        return partitions


@pytest.fixture
def clock():
    return ManualClock()


def test_after_a_quiet_time_a_record_is_given_at_once(clock):
    assert PacedConsumer(Stream(clock, 0.01), clock.monotonic, 100, 1.0).poll(timeout_ms=500) == {0: [1]}
    assert clock.monotonic() == pytest.approx(0.01)


def test_under_load_records_are_gathered_for_a_second_and_none_is_lost(clock):
    paced = PacedConsumer(Stream(clock, 0.01), clock.monotonic, 1_000, 1.0)
    given = [paced.poll(timeout_ms=500)[0] for _ in range(4)]
    assert [record for batch in given for record in batch] == list(range(1, sum(map(len, given)) + 1))
    assert clock.monotonic() == pytest.approx(3.0, abs=0.1)


def test_a_full_batch_does_not_wait(clock):
    paced = PacedConsumer(Stream(clock, 0.01), clock.monotonic, 10, 1.0)
    assert [len(paced.poll(timeout_ms=500)[0]) for _ in range(3)] == [1, 10, 10]


def test_a_poll_that_finds_nothing_takes_its_own_time(clock):
    paced = PacedConsumer(Stream(clock, 0), clock.monotonic, 10, 1.0)
    assert paced.poll(timeout_ms=500) == {}
    assert clock.monotonic() == pytest.approx(0.5)


def test_everything_else_is_the_clients_own(clock):
    assert PacedConsumer(Stream(clock, 0), clock.monotonic, 10, 1.0).pause(1, 2) == (1, 2)
