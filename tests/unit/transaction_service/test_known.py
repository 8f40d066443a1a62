"""What the writer keeps in memory is what its lease and head vouch for, and nothing else."""

from __future__ import annotations

import pytest

from tests.unit.transaction_service.ledgers import a_ledger, opening, paying
from transaction_service.storage.known import Known


@pytest.fixture
def ledger():
    return a_ledger("ann", "bob")


def knowing(ledger, most: int = 100) -> Known:
    """Everything about ann and bob at epoch 1, as after a batch that read them."""
    known = Known(most)
    known.turn_to(1, 0)
    known.learn_accounts(["ann", "bob"], ledger.accounts.values())
    known.moved_to(1, ledger.decide())
    return known


def test_what_was_read_need_not_be_read_again_at_the_same_head(ledger):
    known = knowing(ledger)
    known.turn_to(1, len(ledger.records))

    assert known.unknown_usernames(["ann", "bob", "cat"]) == ["cat"]
    assert {account.username for account in known.accounts(["ann", "bob"], [])} == {"ann", "bob"}


def test_a_decision_that_was_committed_is_known(ledger):
    known = knowing(ledger)
    known.turn_to(1, len(ledger.records))
    known.moved_to(1, ledger.decide(paying(1, "ann", "bob", 250), opening(2, "ann", purpose="savings")))
    known.turn_to(1, len(ledger.records))

    found = known.accounts(["ann"], [])

    assert sorted(account.purpose for account in found) == ["main", "savings"]
    assert {account.id: account for account in found}.items() <= ledger.accounts.items()
    assert known.paid([paid.id for paid in ledger.paid.values()]) == list(ledger.paid.values())


@pytest.mark.parametrize(("epoch", "ahead"), [(2, 0), (1, 1)])
def test_another_epoch_or_head_forgets_everything(ledger, epoch, ahead):
    known = knowing(ledger)
    known.turn_to(epoch, len(ledger.records) + ahead)

    assert known.unknown_usernames(["ann", "bob"]) == ["ann", "bob"]
    assert known.unknown_accounts(ledger.accounts) == list(ledger.accounts)


def test_a_batch_that_was_not_committed_forgets_everything(ledger):
    known = knowing(ledger)
    known.turn_to(1, len(ledger.records))
    known.learn_pairs(["ann>bob"], [])
    # Its transaction failed: nothing was moved to.
    known.turn_to(1, len(ledger.records))

    assert known.unknown_pairs(["ann>bob"]) == ["ann>bob"]
    assert known.unknown_usernames(["ann"]) == ["ann"]


def test_a_name_that_nobody_has_is_known_until_somebody_opens_an_account(ledger):
    known = knowing(ledger)
    known.turn_to(1, len(ledger.records))
    known.learn_accounts(["cat"], [])
    assert known.accounts(["cat"], []) == []

    known.moved_to(1, ledger.decide(opening(900, "cat")))
    known.turn_to(1, len(ledger.records))

    assert [account.username for account in known.accounts(["cat"], [])] == ["cat"]


def test_an_account_that_is_named_twice_is_told_once(ledger):
    known = knowing(ledger)
    [ann] = [account.id for account in ledger.accounts.values() if account.username == "ann"]

    assert [account.id for account in known.accounts(["ann"], [ann, ann])] == [ann]


def test_when_it_is_full_all_is_forgotten(ledger):
    known = knowing(ledger, most=1)
    known.turn_to(1, len(ledger.records))

    assert known.unknown_usernames(["ann", "bob"]) == ["ann", "bob"]
