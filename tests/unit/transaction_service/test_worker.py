"""From a registered user to an account with the first money."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from service_kit.kafka import InvalidMessage
from tests.unit.transaction_service.fronts import LedgerInMemory
from tests.unit.transaction_service.ledgers import Ledger
from transaction_service.ledger_client import LedgerUnavailable
from transaction_service.protocol import FAILED, OVERLOADED, Reply
from transaction_service.worker import AccountOpener


class Door(LedgerInMemory):
    """Answers at once what is submitted."""

    def submit(self, command):
        return self.ask(command)

    def wait(self, reply):
        return reply


class DoorThatSays(Door):
    """Opens the world and then answers one thing to everything."""

    def __init__(self, status):
        super().__init__(Ledger())
        self._status = status

    def submit(self, command):
        return Reply(self._status, False, b"{}")


def registered(number, type="user.registered"):
    event = {"type": type, "user_id": f"u-{number}", "username": f"demo-{number:03}", "origin": "demo"}
    return SimpleNamespace(event=event, traceparent=None)


def opener(door, grant=100_000):
    return AccountOpener(door, grant, "EUR", new_id=lambda: "00000000-0000-7000-8000-000000000001")


def balances(door):
    return {account.username: account.posted for account in door.book.accounts.values()}


def test_each_new_user_gets_an_account_and_the_grant():
    door = Door(Ledger())
    opener(door).handle([registered(1), registered(2)])
    assert balances(door) == {None: -200_000, "demo-001": 100_000, "demo-002": 100_000}


def test_a_log_in_asks_the_ledger_nothing_but_for_who_may_have_no_account_yet():
    door = Door(Ledger())
    opens = opener(door)
    opens.handle([registered(1), registered(2, "session.started")])
    assert balances(door) == {None: -200_000, "demo-001": 100_000, "demo-002": 100_000}

    door.submit = None
    opens.handle([registered(1, "session.started"), registered(2, "session.started")])


def test_a_record_delivered_again_grants_nothing_again():
    door = Door(Ledger())
    opener(door).handle([registered(1)])
    opener(door).handle([registered(1), registered(1)])
    assert balances(door)["demo-001"] == 100_000


def test_without_a_grant_the_account_is_opened_empty():
    door = Door(Ledger())
    opener(door, grant=0).handle([registered(1)])
    assert balances(door)["demo-001"] == 0


def test_an_account_keeps_where_its_user_came_from():
    door = Door(Ledger())
    opener(door).handle([registered(1)])
    assert {account.origin for account in door.book.accounts.values()} == {"world", "demo"}


@pytest.mark.parametrize("status", [FAILED, "rejected", "key_reused", "not_your_account"])
def test_what_the_ledger_can_never_do_is_a_dead_letter(status):
    with pytest.raises(InvalidMessage):
        opener(DoorThatSays(status)).handle([registered(1)])


def test_no_grant_is_asked_for_before_every_account_is_open():
    door = Door(Ledger())
    opener(door).handle([registered(1), registered(2)])
    assert [record.event["type"] for record in door.book.records] == [
        *["account.opened"] * 3,
        *["transfer.posted"] * 2,
    ]


def test_a_ledger_that_is_busy_is_asked_again_later():
    with pytest.raises(LedgerUnavailable):
        opener(DoorThatSays(OVERLOADED)).handle([registered(1)])
