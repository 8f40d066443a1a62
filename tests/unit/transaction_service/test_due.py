"""The loop that settles what falls due, where the ledger can't decide one of them."""

from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry

from service_kit.process import Progress
from tests.unit.transaction_service.ledgers import NOW
from transaction_service.due import AT_ONCE, DueLoop
from transaction_service.ledger_client import LedgerUnavailable
from transaction_service.metrics import DueMetrics
from transaction_service.protocol import FAILED, OVERLOADED, Reply
from transaction_service.storage.due import Due


class Door:
    """Answers by the transfer's id."""

    def __init__(self, answers: dict[str, str]) -> None:
        self.answers = answers

    def submit(self, command):
        return command

    def wait(self, command) -> Reply:
        return Reply(self.answers[command.transfer], False, b"{}")


class Waiting:
    """These transfers stay due."""

    def __init__(self, ids) -> None:
        self.ids = ids

    def due(self, at, limit):
        return [Due(id, "pending", at) for id in self.ids][:limit]


def settle(answers: dict[str, str], registry: CollectorRegistry | None = None) -> bool:
    metrics = DueMetrics(registry or CollectorRegistry())
    return DueLoop(Door(answers), Waiting(list(answers)), metrics, Progress(), lambda: NOW).settle()


def test_one_that_cannot_be_decided_does_not_hold_up_the_others():
    registry = CollectorRegistry()
    settle({"spoilt": FAILED, "fine": "expired"}, registry)
    settled = "ledger_due_transfers_settled_total"
    assert registry.get_sample_value(settled, {"outcome": FAILED}) == 1
    assert registry.get_sample_value(settled, {"outcome": "expired"}) == 1


@pytest.mark.parametrize("answer", [FAILED, "not_due", "unknown_transfer"])
def test_it_does_not_spin_over_what_cannot_be_settled(answer):
    assert settle({f"t-{n}": answer for n in range(AT_ONCE)}) is False


def test_it_goes_on_at_once_while_there_is_more_to_settle():
    assert settle({f"t-{n}": "expired" for n in range(AT_ONCE)}) is True


def test_the_writer_is_given_no_more_payees_at_once_than_it_can_decide():
    asked = []

    class Wide(Waiting):
        def due(self, at, limit):
            return [Due(id, "scheduled", at, payees=100) for id in self.ids if id not in asked]

    class Counting(Door):
        def submit(self, command):
            asked.append(command.transfer)
            return command

    ids = [f"t-{n:02}" for n in range(15)]
    loop = DueLoop(
        Counting(dict.fromkeys(ids, "posted")), Wide(ids), DueMetrics(CollectorRegistry()), Progress(), lambda: NOW
    )
    assert (loop.settle(), len(asked)) == (True, 10)
    assert (loop.settle(), asked) == (False, ids)


def test_a_ledger_without_room_is_waited_for():
    with pytest.raises(LedgerUnavailable):
        settle({"t": OVERLOADED})
