"""Corrections: refunds by who was paid, reversals by staff, each a transfer of its own."""

from __future__ import annotations

from tests.unit.transaction_service.ledgers import (
    a_ledger,
    an_id,
    changing,
    following,
    holding,
    paying,
    splitting,
)
from transaction_service.domain import Outcome, Payee, PostTransfer
from transaction_service.domain.account import WORLD_CREDIT


def a_payment(amount=1_000):
    """ann has paid bob."""
    ledger = a_ledger("ann", "bob", "cem")
    return ledger, ledger.ask(paying(1, "ann", "bob", amount)).body["id"]


def test_a_refund_is_a_transfer_of_its_own_that_names_the_first():
    ledger, payment = a_payment()
    decision = ledger.decide(following(1, "refund", payment, "bob"))
    answer, record = decision.answers[0], decision.records[0]
    assert (answer.outcome, answer.body["type"], answer.body["status"]) == (Outcome.REFUNDED, "refund", "posted")
    assert (answer.body["payer"]["username"], answer.body["original"]) == ("bob", payment)
    assert (record.event["type"], record.original, record.of) == ("transfer.refunded", payment, None)
    assert (ledger.posted("ann"), ledger.posted("bob")) == (100_000, 100_000)


def test_a_payment_is_refunded_in_parts_and_never_by_more_than_was_paid():
    ledger, payment = a_payment()
    assert ledger.ask(following(1, "refund", payment, "bob", 600)).outcome is Outcome.REFUNDED
    refused = ledger.ask(following(2, "refund", payment, "bob", 401))
    assert (refused.body["reason"], refused.body["left"]) == ("exceeds_paid", 400)
    assert ledger.ask(following(3, "refund", payment, "bob")).body["amount"] == 400
    assert ledger.ask(following(4, "refund", payment, "bob")).body["reason"] == "exceeds_paid"
    assert ledger.posted("ann") == 100_000


def test_two_refunds_in_one_batch_know_of_each_other():
    ledger, payment = a_payment()
    answers = ledger.decide(
        following(1, "refund", payment, "bob", 600), following(2, "refund", payment, "bob", 600)
    ).answers
    assert [answer.outcome for answer in answers] == [Outcome.REFUNDED, Outcome.REJECTED]


def test_the_payer_can_not_refund_themselves():
    ledger, payment = a_payment()
    assert ledger.ask(following(1, "refund", payment, "ann")).outcome is Outcome.NOT_YOUR_ACCOUNT


def test_each_payee_of_a_split_refunds_their_own_part():
    ledger = a_ledger("ann", "bob", "cem")
    payment = ledger.ask(splitting(1, "ann", {"bob": 700, "cem": 300})).body["id"]
    assert ledger.ask(following(1, "refund", payment, "cem", 301)).body["left"] == 300
    ledger.ask(following(2, "refund", payment, "cem"))
    assert (ledger.posted("ann"), ledger.posted("bob"), ledger.posted("cem")) == (99_300, 100_700, 100_000)


def test_what_is_not_there_any_more_is_not_refunded():
    ledger, payment = a_payment()
    ledger.decide(paying(2, "bob", "cem", 100_000), paying(3, "bob", "ann", 500))
    refused = ledger.ask(following(1, "refund", payment, "bob"))
    assert (refused.body["reason"], refused.body["available"]) == ("insufficient_funds", 500)


def test_only_posted_payments_are_refunded():
    ledger, payment = a_payment()
    held = ledger.ask(holding(2, "ann", "bob", 5)).body["id"]
    assert ledger.ask(following(1, "refund", held, "bob")).body["reason"] == "not_refundable"
    refund = ledger.ask(following(2, "refund", payment, "bob")).body["id"]
    assert ledger.ask(following(3, "refund", refund, "ann")).body["reason"] == "not_refundable"
    assert ledger.ask(following(4, "reverse", refund, "root", role="support")).body["reason"] == "not_refundable"
    assert ledger.ask(following(5, "refund", refund, "cem")).outcome is Outcome.UNKNOWN_TRANSFER


def test_a_captured_hold_is_refunded_by_what_was_captured():
    ledger = a_ledger("ann", "bob")
    hold = ledger.ask(holding(1, "ann", "bob", 1_000)).body["id"]
    ledger.ask(following(1, "capture", hold, "bob", 400))
    assert ledger.ask(following(2, "refund", hold, "bob", 401)).body["left"] == 400
    assert ledger.ask(following(3, "refund", hold, "bob")).body["amount"] == 400


def test_a_reversal_is_for_staff():
    ledger, payment = a_payment()
    assert ledger.ask(following(1, "reverse", payment, "bob")).outcome is Outcome.UNKNOWN_TRANSFER
    ledger.ask(following(2, "refund", payment, "bob", 600))
    answer = ledger.ask(following(3, "reverse", payment, "root", role="support"))
    assert (answer.body["type"], answer.body["amount"]) == ("reversal", 400)
    assert "balance_after" not in answer.body
    assert ledger.posted("ann") == 100_000


def test_a_reversal_of_a_split_names_the_payee():
    ledger = a_ledger("ann", "bob", "cem")
    payment = ledger.ask(splitting(1, "ann", {"bob": 700, "cem": 300})).body["id"]
    assert ledger.ask(following(1, "reverse", payment, "root", role="admin")).body["reason"] == "payee_not_named"
    ledger.ask(following(2, "reverse", payment, "root", role="admin", payee="cem"))
    assert (ledger.posted("ann"), ledger.posted("cem")) == (99_300, 100_000)


def test_a_frozen_account_is_reversed_and_does_not_refund():
    ledger, payment = a_payment()
    ledger.ask(changing(1, "freeze", "account-bob-EUR", "root", role="support"))
    assert ledger.ask(following(1, "refund", payment, "bob")).body["reason"] == "account_frozen"
    assert ledger.ask(following(2, "reverse", payment, "root", role="support")).outcome is Outcome.REFUNDED


def test_a_frozen_account_is_not_refunded_and_gets_back_what_the_staff_reverse():
    ledger, payment = a_payment()
    ledger.ask(changing(1, "freeze", "account-ann-EUR", "root", role="support"))
    assert ledger.ask(following(1, "refund", payment, "bob")).body["reason"] == "payee_unavailable"
    assert ledger.ask(following(2, "reverse", payment, "root", role="support")).outcome is Outcome.REFUNDED


def by_staff(number, type, username, amount):
    world = "world:EUR"
    deposit = type == "deposit"
    return PostTransfer(
        id=an_id(50_000 + number),
        key=f"user-root/{number}",
        fingerprint="",
        payees=(Payee(amount, username=username) if deposit else Payee(amount, account=world),),
        currency="EUR",
        owner=None,
        owner_username=None if deposit else username,
        payer_account=world if deposit else None,
        role="support",
        type=type,
        actor="user-root",
    )


def test_deposits_and_withdrawals_go_through_the_world_and_name_who_made_them():
    ledger = a_ledger("ann")
    decision = ledger.decide(by_staff(1, "deposit", "ann", 500_000), by_staff(2, "withdrawal", "ann", 600_000))
    assert [answer.outcome for answer in decision.answers] == [Outcome.POSTED, Outcome.POSTED]
    assert [dict(record.actor) for record in decision.records] == [{"id": "user-root", "role": "support"}] * 2
    assert (ledger.posted("ann"), ledger.accounts["world:EUR"].posted) == (0, 0)
    assert ledger.ask(by_staff(3, "withdrawal", "ann", 1)).body["reason"] == "insufficient_funds"
    deposit = decision.answers[0].body["id"]
    assert ledger.ask(following(1, "reverse", deposit, "root", role="admin")).body["reason"] == "insufficient_funds"


def test_no_balance_leaves_the_64_bits_that_are_stored():
    ledger = a_ledger("ann")
    world = ledger.accounts["world:EUR"]
    ledger.accounts[world.id] = world._replace(posted=-WORLD_CREDIT + 500)
    refused = ledger.ask(by_staff(1, "deposit", "ann", 501))
    assert (refused.body["reason"], refused.body["available"]) == ("insufficient_funds", 500)
    assert ledger.ask(by_staff(2, "deposit", "ann", 500)).outcome is Outcome.POSTED
    assert ledger.accounts["world:EUR"].posted == -WORLD_CREDIT
