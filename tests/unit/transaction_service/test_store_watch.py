"""A store that doesn't answer is known to be away."""

from __future__ import annotations

import pytest
from pymongo.errors import ServerSelectionTimeoutError

from tests.manual_clock import ManualClock
from transaction_service.ledger_client import LedgerUnavailable
from transaction_service.store_watch import SILENT_SECONDS, StoreWatch


class Store:
    def __init__(self):
        self.away = False

    def ping(self):
        if self.away:
            raise ServerSelectionTimeoutError("away")


def test_a_store_that_answers_is_there():
    clock, store = ManualClock(), Store()
    watch = StoreWatch(store.ping, clock)
    for _ in range(5):
        clock.advance(0.5)
        watch.look()
    watch.require()


def test_one_slow_answer_refuses_nobody_and_silence_does_until_it_ends():
    clock, store = ManualClock(), Store()
    watch = StoreWatch(store.ping, clock)
    store.away = True
    clock.advance(1.0)
    watch.look()
    watch.require()
    clock.advance(SILENT_SECONDS)
    with pytest.raises(LedgerUnavailable, match="MongoDB has not answered"):
        watch.require()
    store.away = False
    watch.look()
    watch.require()
