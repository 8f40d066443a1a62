"""What is asked of the journal for a person who looks back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.unit.transaction_service.ledgers import NOW, a_ledger
from transaction_service.use_cases import Histories

MILLISECOND = timedelta(milliseconds=1)


class Looked:
    """Stands for the readers of ann's ledger, and notes how far back it was asked to look."""

    def __init__(self):
        self.account = a_ledger("ann").account("ann")
        self.before = []

    def accounts_of(self, user_id):
        return [self.account]

    def head(self):
        return 3

    def last_before(self, moment, head):
        self.before.append(moment)
        return head

    def last_entry(self, account, upto):
        return {"seq": 1, "balance_after": self.account.posted}


@pytest.mark.parametrize("microseconds", [0, 1, 999])
def test_a_balance_at_a_moment_reaches_no_further_than_its_millisecond(microseconds):
    looked = Looked()
    histories = Histories(looked, looked, looked, looked)
    moment = NOW + timedelta(microseconds=microseconds)
    assert histories.balance_at("user-ann", looked.account.id, moment) == 100_000
    assert looked.before == [NOW + MILLISECOND]
