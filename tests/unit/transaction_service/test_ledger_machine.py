"""Any history of payments, holds, schedules, refunds, cash, closings and limits: `decide` agrees with a plain model."""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from contracts.codec import codec_for
from tests.unit.transaction_service.ledgers import Ledger
from tests.unit.transaction_service.machine import LedgerMachine
from transaction_service.domain import Account, Answer, Transfer
from transaction_service.domain.history import History
from transaction_service.storage.documents import journal_document

codec = codec_for("transactions")


class InMemory(LedgerMachine):
    """Drives `decide` itself."""

    def __init__(self) -> None:
        super().__init__()
        self.ledger = Ledger()

    def ask_all(self, commands: list[Any], now: Any) -> list[Answer]:
        self.ledger.now = now
        return self.ledger.decide(*commands).answers

    def accounts(self) -> dict[str, Account]:
        return dict(self.ledger.accounts)

    def teardown(self) -> None:
        history = History(self.posted)
        for record in self.ledger.records:
            codec.encode(record.event)
            assert history.decide(journal_document(record, 1)) == record

    def posted(self, id: str) -> Transfer | None:
        record = next((r for r in self.ledger.records if r.command_id == id and r.answer.outcome == "posted"), None)
        return None if record is None else Transfer(id, record.answer.body, record.position, record.position)


def test_decide_agrees_with_a_plain_model_and_history_repeats_itself():
    run_state_machine_as_test(InMemory, settings=settings(max_examples=120, stateful_step_count=40, deadline=None))
