"""The same state machine as on `decide` alone, with the writer's transaction on a real MongoDB in between;
and `verify` finds nothing."""

from __future__ import annotations

import time
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.unit.transaction_service.machine import LedgerMachine
from transaction_service.domain import Account, Answer
from transaction_service.storage.lease import LeaseKeeper
from transaction_service.storage.reading import MongoReader


def test_the_writer_agrees_with_a_plain_model(collections, ledger, prove):
    reader = MongoReader(collections)

    class OnMongo(LedgerMachine):
        """An empty ledger for each example, held by a writer of its own."""

        def __init__(self) -> None:
            super().__init__()
            for collection in (collections.journal, collections.accounts, collections.transfers, collections.paid):
                collection.delete_many({})
            collections.control.update_one({"_id": "writer"}, {"$set": {"head": 0, "holder": None}})
            self.lease = LeaseKeeper(collections, "writer-1", time.monotonic).try_acquire()

        def ask_all(self, commands: list[Any], now: Any) -> list[Answer]:
            return ledger.commit(self.lease, commands, now).answers

        def accounts(self) -> dict[str, Account]:
            return {account.id: account for account in reader.each_account()}

        def teardown(self) -> None:
            assert prove().findings == []

    run_state_machine_as_test(
        OnMongo,
        settings=settings(
            max_examples=8, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
