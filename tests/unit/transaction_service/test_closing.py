"""Who has closed their account neither pays nor is paid any more; the books stay."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from service_kit.kafka import InvalidMessage
from tests.unit.transaction_service.ledgers import Ledger, changing
from tests.unit.transaction_service.test_worker import Door, DoorThatSays, opener, registered
from transaction_service.closing import AccountCloser
from transaction_service.ledger_client import LedgerUnavailable
from transaction_service.protocol import FAILED, OVERLOADED

CLOSED = SimpleNamespace(event={"type": "user.closed", "user_id": "u-1", "username": "demo-001"}, traceparent=None)


@pytest.fixture
def door():
    """A ledger that demo-001 and demo-002 have joined."""
    made = Door(Ledger())
    opener(made).handle([registered(1), registered(2)])
    return made


def closer(ledger, accounts_of, forgotten=None):
    return AccountCloser(ledger, accounts_of, (forgotten if forgotten is not None else []).append)


def statuses(door):
    return {account.username: str(account.status) for account in door.book.accounts.values() if account.username}


def test_the_accounts_of_who_has_left_are_frozen_and_keep_what_is_in_them(door):
    forgotten = []
    closer(door, door.accounts_of, forgotten).handle([CLOSED])
    assert statuses(door) == {"demo-001": "frozen", "demo-002": "open"}
    assert sum(account.posted for account in door.book.accounts.values()) == 0
    assert forgotten == ["u-1"]


def test_an_event_delivered_again_writes_nothing_again(door):
    closer(door, door.accounts_of).handle([CLOSED])
    written = len(door.book.records)
    closer(door, door.accounts_of).handle([CLOSED, CLOSED])
    assert len(door.book.records) == written


def test_an_account_that_is_frozen_already_stays_so_and_is_not_told_again(door):
    account = next(account.id for account in door.accounts_of("u-1"))
    door.book.ask(changing(1, "freeze", account, "sue", role="support"))
    written = len(door.book.records)
    forgotten = []
    closer(door, door.accounts_of, forgotten).handle([CLOSED])
    assert (len(door.book.records), forgotten) == (written, ["u-1"])


def test_who_never_had_an_account_leaves_without_a_trace(door):
    closer(door, lambda user_id: []).handle([CLOSED])
    assert statuses(door) == {"demo-001": "open", "demo-002": "open"}


def test_a_busy_ledger_is_asked_again_later_and_what_it_can_never_do_is_a_dead_letter(door):
    with pytest.raises(LedgerUnavailable):
        closer(DoorThatSays(OVERLOADED), door.accounts_of).handle([CLOSED])
    with pytest.raises(InvalidMessage):
        closer(DoorThatSays(FAILED), door.accounts_of).handle([CLOSED])
