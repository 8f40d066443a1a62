"""The writer's loop: it shows that it lives as long as it does, whatever it is asked."""

from __future__ import annotations

from itertools import pairwise

import pytest
from prometheus_client import CollectorRegistry

from service_kit.process import Progress
from tests.manual_clock import ManualClock
from tests.unit.transaction_service.ledgers import NOW, a_ledger, paying
from transaction_service.inbox import Envelope
from transaction_service.ledger import Writer
from transaction_service.metrics import LedgerMetrics
from transaction_service.storage.lease import BEAT_SECONDS, LEASE_SECONDS, Lease


class Session:
    def end_session(self):
        pass


class Keeper:
    """Gives the lease, and notes when it was shown to be alive."""

    def __init__(self, clock):
        self.clock = clock
        self.beats = [clock.monotonic()]

    def try_acquire(self):
        return Lease(epoch=1, head=0, took_over=False, session=Session())

    def beat(self, lease):
        self.beats.append(self.clock.monotonic())

    def release(self, lease):
        pass


class Store:
    """Decides in memory; what is written is a beat too."""

    def __init__(self, keeper):
        self.book = a_ledger("ann", "bob")
        self.keeper = keeper

    def commit(self, lease, commands, now):
        decision = self.book.decide(*commands)
        if decision.records:
            self.keeper.beat(lease)
        lease.head = decision.head
        return decision


class Rounds:
    """An inbox and the signal to stop: `rounds` batches, one every tenth of a second."""

    def __init__(self, clock, rounds, batch):
        self.clock = clock
        self.left = rounds
        self.batch = batch

    def is_set(self):
        return self.left == 0

    def wait(self, seconds):
        return self.is_set()

    def take(self, most, wait_ms):
        self.left -= 1
        self.clock.advance(0.1)
        return [Envelope(b"front", 1, command, 0.0, 1e9) for command in self.batch(self.left)]

    def answer(self, batch, answers):
        pass

    def close(self):
        pass

    def __len__(self):
        return 0


def silences(batch):
    """The pauses between one beat and the next, of a hundred rounds."""
    clock = ManualClock()
    keeper = Keeper(clock)
    rounds = Rounds(clock, 100, batch)
    writer = Writer(
        keeper,
        Store(keeper),
        lambda: rounds,
        lambda: NOW,
        LedgerMetrics(CollectorRegistry(), "EUR"),
        Progress(clock),
        monotonic=clock.monotonic,
    )
    writer.run(rounds)
    ends = [*keeper.beats, clock.monotonic()]
    return [later - sooner for sooner, later in pairwise(ends)]


@pytest.mark.parametrize(
    "batch",
    [
        lambda number: [],
        lambda number: [paying(1, "ann", "bob", 1, dry_run=True)],
        lambda number: [paying(number, "ann", "bob", 1, key="always the same")],
        lambda number: [paying(number, "ann", "bob", 1)] if number % 9 == 0 else [paying(1, "ann", "bob", 1)],
    ],
    ids=["idle", "dry runs", "repetitions", "a mixture"],
)
def test_it_is_never_silent_for_long(batch):
    assert max(silences(batch)) < BEAT_SECONDS + 0.15 < LEASE_SECONDS


def test_a_writer_that_writes_beats_by_that_alone():
    assert max(silences(lambda number: [paying(number, "ann", "bob", 1)])) < 0.15
