"""Accounts: several per user, frozen and unfrozen by staff, closed by their owner when empty."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.transaction_service.ledgers import a_ledger, an_id, changing, holding, limiting, opening, paying
from transaction_service.domain import Outcome, Payee
from transaction_service.domain.holders import ACCOUNTS_MAX

ANN, SAVINGS = "account-ann-EUR", "account-ann-EUR-savings"


def to_savings(number, amount):
    return replace(paying(number, "ann", "ann", amount), payees=(Payee(amount, account=SAVINGS),))


def with_savings():
    ledger = a_ledger("ann", "bob")
    assert ledger.ask(opening(60, "ann", purpose="savings")).outcome is Outcome.OPENED
    return ledger


def test_a_user_has_several_accounts_and_moves_money_between_them():
    ledger = with_savings()
    assert ledger.ask(to_savings(1, 700)).outcome is Outcome.POSTED
    assert (ledger.accounts[ANN].posted, ledger.accounts[SAVINGS].posted) == (99_300, 700)
    assert ledger.ask(paying(2, "ann", "bob", 700, payer_account=SAVINGS)).outcome is Outcome.POSTED


def test_by_account_only_ones_own_are_paid():
    ledger = with_savings()
    others = replace(paying(1, "bob", "ann", 1), payees=(Payee(1, account=SAVINGS),))
    assert ledger.ask(others).body["reason"] == "unknown_payee"


def test_the_first_account_of_a_currency_is_the_main_one():
    ledger = a_ledger("ann")
    assert ledger.ask(opening(60, "ann", "USD", "savings")).outcome is Outcome.NO_ACCOUNT
    assert ledger.ask(opening(61, "ann", "USD")).outcome is Outcome.OPENED
    assert ledger.ask(opening(62, "ann", "USD", "savings")).outcome is Outcome.OPENED


def test_a_user_has_a_bounded_number_of_accounts():
    ledger = a_ledger("ann")
    outcomes = [ledger.ask(opening(60 + n, "ann", purpose=f"p{n}")).outcome for n in range(ACCOUNTS_MAX)]
    assert outcomes == [Outcome.OPENED] * (ACCOUNTS_MAX - 1) + [Outcome.TOO_MANY_ACCOUNTS]


def test_a_frozen_account_neither_pays_nor_is_paid():
    ledger = a_ledger("ann", "bob")
    answer = ledger.ask(changing(1, "freeze", ANN, "root", role="support", reason="asked by its owner"))
    assert (answer.outcome, answer.body["account"]["status"]) == (Outcome.FROZEN, "frozen")
    assert ledger.ask(paying(1, "ann", "bob", 1)).body["reason"] == "account_frozen"
    assert ledger.ask(paying(2, "bob", "ann", 1)).body["reason"] == "payee_unavailable"
    ledger.ask(changing(2, "unfreeze", ANN, "root", role="support"))
    assert ledger.ask(paying(3, "ann", "bob", 1)).outcome is Outcome.POSTED


@pytest.mark.parametrize(("act", "outcome"), [("freeze", Outcome.FROZEN), ("unfreeze", Outcome.UNFROZEN)])
def test_what_is_so_already_is_neither_written_nor_told_again_and_uses_no_key(act, outcome):
    ledger = a_ledger("ann")
    if act == "freeze":
        ledger.ask(changing(1, "freeze", ANN, "root", role="support"))
    decision = ledger.decide(changing(2, act, ANN, "root", role="support"))
    assert (decision.answers[0].outcome, decision.records, decision.changed) == (outcome, [], [])
    assert decision.answers[0].body["account"]["status"] == ("frozen" if act == "freeze" else "open")
    assert "position" not in decision.answers[0].body


@pytest.mark.parametrize("act", ["freeze", "unfreeze"])
def test_only_staff_freezes(act):
    assert a_ledger("ann").ask(changing(1, act, ANN, "ann")).outcome is Outcome.NOT_YOUR_ACCOUNT


def test_the_world_is_not_frozen():
    answer = a_ledger("ann").ask(changing(1, "freeze", "world:EUR", "root", role="admin"))
    assert answer.outcome is Outcome.UNKNOWN_ACCOUNT


def test_an_account_is_closed_by_its_owner_when_nothing_is_in_it_or_promised():
    ledger = with_savings()
    ledger.ask(to_savings(1, 700))
    assert ledger.ask(changing(1, "close", SAVINGS, "ann")).outcome is Outcome.ACCOUNT_NOT_EMPTY
    ledger.ask(holding(2, "ann", "bob", 700, payer_account=SAVINGS))
    assert ledger.ask(changing(2, "close", SAVINGS, "ann")).outcome is Outcome.ACCOUNT_NOT_EMPTY
    ledger = with_savings()
    assert ledger.ask(changing(3, "close", SAVINGS, "bob")).outcome is Outcome.UNKNOWN_ACCOUNT
    assert ledger.ask(changing(4, "close", SAVINGS, "ann")).outcome is Outcome.CLOSED
    assert ledger.ask(to_savings(3, 1)).body["reason"] == "payee_unavailable"
    assert ledger.ask(paying(4, "ann", "bob", 1, payer_account=SAVINGS)).body["reason"] == "account_closed"


def test_a_closed_account_stays_closed_and_its_name_taken():
    ledger = with_savings()
    ledger.ask(changing(1, "close", SAVINGS, "ann"))
    assert ledger.ask(changing(2, "close", SAVINGS, "ann")).outcome is Outcome.ACCOUNT_CLOSED
    assert ledger.ask(replace(opening(70, "ann", purpose="savings"), id=an_id(71))).outcome is Outcome.ACCOUNT_CLOSED


def test_the_main_account_is_not_closed():
    assert a_ledger("ann").ask(changing(1, "close", ANN, "ann")).outcome is Outcome.ACCOUNT_IS_MAIN


def test_limits_are_set_on_a_main_account_and_audited():
    ledger = with_savings()
    decision = ledger.decide(limiting(1, ANN, per_day=7))
    assert decision.answers[0].body["limits"] == {"per_day": 7}
    assert dict(decision.records[0].actor) == {"id": "user-root", "role": "admin"}
    assert "limits" not in decision.records[0].event["account"]
    assert ledger.ask(limiting(2, SAVINGS, per_day=7)).outcome is Outcome.UNKNOWN_ACCOUNT
