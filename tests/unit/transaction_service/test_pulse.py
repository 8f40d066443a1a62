"""The holder of a lease shows that it lives, and knows when that may no longer be believed."""

from __future__ import annotations

import pytest
from pymongo.errors import AutoReconnect

from service_kit.process import NoProgress, Progress
from tests.manual_clock import ManualClock
from tests.waiting import eventually
from transaction_service.storage.lease import LEASE_SECONDS, Lease, LeaseLostError
from transaction_service.storage.pulse import Pulse

LEASE = Lease(epoch=3, head=0, took_over=False, session=None)  # type: ignore[arg-type]


class Keeper:
    """Counts beats; may be overtaken, or away."""

    def __init__(self):
        self.beats = 0
        self.refused = 0
        self.trouble = None

    def beat(self, lease):
        if self.trouble is not None:
            self.refused += 1
            raise self.trouble
        self.beats += 1


def hanging():
    raise NoProgress("the loop has not come round for 31 s")


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def keeper():
    return Keeper()


@pytest.fixture
def pulse(keeper, clock):
    """One whose thread never beats, so that only `require` does."""
    with Pulse(keeper, LEASE, hanging, clock.monotonic) as made:
        yield made


def test_within_a_leases_time_of_its_beat_nobody_is_asked(pulse, keeper, clock):
    clock.advance(LEASE_SECONDS - 0.01)
    pulse.require()
    assert keeper.beats == 1


def test_after_a_leases_time_the_store_is_asked(pulse, keeper, clock):
    clock.advance(LEASE_SECONDS)
    pulse.require()
    assert keeper.beats == 2


@pytest.mark.parametrize("trouble", [LeaseLostError("epoch 3 has ended"), AutoReconnect("away")])
def test_who_was_frozen_and_overtaken_or_cannot_ask_is_told(pulse, keeper, clock, trouble):
    clock.advance(LEASE_SECONDS)
    keeper.trouble = trouble
    with pytest.raises(type(trouble)):
        pulse.require()


def test_the_thread_beats_while_the_holder_is_busy(keeper, clock):
    with Pulse(keeper, LEASE, Progress(clock).check, clock.monotonic):
        eventually(lambda: keeper.beats > 2, what="beats of the thread")


def test_a_lease_that_the_thread_finds_lost_is_lost_at_once(keeper, clock):
    with Pulse(keeper, LEASE, Progress(clock).check, clock.monotonic) as pulse:
        keeper.trouble = LeaseLostError("epoch 3 has ended")
        eventually(lambda: keeper.refused, what="the thread is refused")
        eventually(lambda: lost(pulse), what="the holder knows")


def lost(pulse):
    try:
        pulse.require()
    except LeaseLostError:
        return True
    return False


def test_a_holder_that_hangs_shows_no_life(keeper, clock):
    looked = []

    def alive():
        looked.append(1)
        hanging()

    with Pulse(keeper, LEASE, alive, clock.monotonic):
        eventually(lambda: len(looked) > 1, what="looks of the thread")
    assert keeper.beats == 1
