"""Any history of payments, holds, schedules, refunds, cash, closings and limits: `decide` agrees with a plain model,
and the journal says it all again.
"""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from service_kit.steps import PlainSteps
from tests.unit.transaction_service.ledgers import Ledger
from tests.unit.transaction_service.machine import LedgerMachine
from tests.unit.transaction_service.stored import StoredInMemory
from transaction_service.domain import Account, Answer
from transaction_service.proof import Prover


class InMemory(LedgerMachine):
    """Drives `decide` itself."""

    def __init__(self) -> None:
        super().__init__()
        self.ledger = Ledger()
        self.stored = StoredInMemory()

    def ask_all(self, commands: list[Any], now: Any) -> list[Answer]:
        self.ledger.now = now
        decision = self.ledger.decide(*commands)
        self.stored.write(decision)
        return decision.answers

    def accounts(self) -> dict[str, Account]:
        return dict(self.ledger.accounts)

    def teardown(self) -> None:
        proof = Prover(self.stored, PlainSteps(), lambda: 0.0, decide=True).prove()
        assert proof.findings == []
        assert proof.head == len(self.ledger.records)


def test_decide_agrees_with_a_plain_model_and_history_repeats_itself():
    run_state_machine_as_test(InMemory, settings=settings(max_examples=120, stateful_step_count=40))
