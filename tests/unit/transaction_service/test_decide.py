"""What the ledger decides."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from tests.unit.transaction_service.ledgers import a_ledger, an_id, granting, holding, opening, paying, splitting
from transaction_service.domain import Atomic, Outcome
from transaction_service.domain.journal import ACCEPTED


def test_a_posted_transfer_moves_the_money_once():
    ledger = a_ledger("ann", "bob")
    decision = ledger.decide(paying(1, "ann", "bob", 1_250))
    assert decision.answers[0].outcome is Outcome.POSTED
    assert (ledger.posted("ann"), ledger.posted("bob")) == (98_750, 101_250)


def test_the_answer_tells_the_payer_what_is_left():
    body = a_ledger("ann", "bob").decide(paying(1, "ann", "bob", 1_250)).answers[0].body
    assert body["balance_after"] == 98_750
    assert body["payees"] == [{"account": "account-bob-EUR", "username": "bob", "amount": 1_250}]
    assert body["posted_at"] == "2026-11-01T09:30:00.000Z"


def test_a_repeated_transfer_is_posted_once_and_answered_alike():
    ledger = a_ledger("ann", "bob")
    first = ledger.decide(paying(1, "ann", "bob", 1_250, key="k")).answers[0]
    again = ledger.decide(paying(2, "ann", "bob", 1_250, key="k")).answers[0]
    assert again.body == first.body
    assert (first.replayed, again.replayed) == (False, True)
    assert ledger.posted("bob") == 101_250


def test_a_repetition_within_one_batch_is_posted_once():
    ledger = a_ledger("ann", "bob")
    decision = ledger.decide(paying(1, "ann", "bob", 10, key="k"), paying(2, "ann", "bob", 10, key="k"))
    assert [answer.replayed for answer in decision.answers] == [False, True]
    assert len(decision.records) == 1


def test_a_command_handed_over_again_by_its_front_is_no_repetition_of_the_callers():
    ledger = a_ledger("ann", "bob")
    command = paying(1, "ann", "bob", 10)
    ledger.decide(command)
    again = ledger.decide(command)
    assert again.answers[0].replayed is False
    assert again.records == []


def test_a_key_used_for_another_request_decides_nothing():
    ledger = a_ledger("ann", "bob")
    ledger.decide(paying(1, "ann", "bob", 10, key="k"))
    decision = ledger.decide(paying(2, "ann", "bob", 11, key="k"))
    assert decision.answers[0].outcome is Outcome.KEY_REUSED
    assert decision.records == []


def test_two_payers_may_choose_the_same_key():
    ledger = a_ledger("ann", "bob")
    decision = ledger.decide(paying(1, "ann", "bob", 10, key="k"), paying(2, "bob", "ann", 10, key="k"))
    assert [answer.outcome for answer in decision.answers] == [Outcome.POSTED, Outcome.POSTED]


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (paying(1, "ann", "bob", 100_001), "insufficient_funds"),
        (paying(1, "ann", "nobody", 1), "unknown_payee"),
        (paying(1, "ann", "bob", 1, currency="USD"), "currency_mismatch"),
        (paying(1, "ann", "usa", 1), "currency_mismatch"),
        (paying(1, "ann", "ann", 1), "same_account"),
    ],
    ids=["too much", "nobody", "currency of neither", "payee without the currency", "oneself"],
)
def test_a_rejection_moves_nothing_and_is_kept_with_its_key(command, reason):
    ledger = a_ledger("ann", "bob")
    ledger.decide(opening(50, "usa", "USD"))
    decision = ledger.decide(command)
    assert (decision.answers[0].outcome, decision.answers[0].body["reason"]) == (Outcome.REJECTED, reason)
    assert decision.changed == []
    again = replace(command, id=an_id(999))
    assert ledger.ask(again).replayed is True


def test_a_rejection_for_lack_of_funds_says_what_is_available():
    assert a_ledger("ann", "bob").decide(paying(1, "ann", "bob", 100_001)).answers[0].body["available"] == 100_000


def test_a_saved_rejection_stands_even_when_the_money_has_come():
    ledger = a_ledger("ann", "bob")
    ledger.decide(paying(1, "ann", "bob", 100_001, key="k"))
    ledger.decide(paying(2, "bob", "ann", 50_000))
    assert ledger.decide(paying(3, "ann", "bob", 100_001, key="k")).answers[0].outcome is Outcome.REJECTED


def test_within_a_batch_each_sees_what_the_ones_before_it_left():
    ledger = a_ledger("ann", "bob")
    outcomes = [
        a.outcome for a in ledger.decide(paying(1, "ann", "bob", 60_000), paying(2, "ann", "bob", 60_000)).answers
    ]
    assert outcomes == [Outcome.POSTED, Outcome.REJECTED]


def test_somebody_elses_account_cannot_pay():
    decision = a_ledger("ann", "bob").decide(paying(1, "ann", "bob", 1, payer_account="account-bob-EUR"))
    assert decision.answers[0].outcome is Outcome.NOT_YOUR_ACCOUNT
    assert decision.records == []


def test_the_worlds_account_is_nobodys_to_spend():
    decision = a_ledger("ann", "bob").decide(paying(1, "ann", "bob", 1, payer_account="world:EUR"))
    assert decision.answers[0].outcome is Outcome.NOT_YOUR_ACCOUNT


def test_a_payer_without_an_account_is_told_and_no_key_is_consumed():
    decision = a_ledger("bob").decide(paying(1, "ann", "bob", 1))
    assert decision.answers[0].outcome is Outcome.NO_ACCOUNT
    assert decision.records == []


def test_the_grant_comes_once_from_the_world():
    ledger = a_ledger("ann")
    ledger.decide(granting(900, "ann"))
    assert ledger.posted("ann") == 100_000
    assert ledger.accounts["world:EUR"].posted == -100_000


def test_an_account_is_opened_once_however_often_it_is_asked_for():
    ledger = a_ledger("ann")
    assert ledger.decide(opening(901, "ann")).records == []


def test_an_event_tells_no_username_and_no_note():
    record = a_ledger("ann", "bob").decide(paying(1, "ann", "bob", 1, note="for lunch")).records[0]
    assert "lunch" not in str(record.event)
    assert "username" not in str(record.event)


def test_a_split_pays_everybody_or_nobody():
    ledger = a_ledger("ann", "bob", "cem")
    answer = ledger.ask(splitting(1, "ann", {"bob": 700, "cem": 300}))
    assert (answer.body["amount"], ledger.posted("ann")) == (1_000, 99_000)
    assert (ledger.posted("bob"), ledger.posted("cem")) == (100_700, 100_300)
    refused = ledger.ask(splitting(2, "ann", {"bob": 1, "nobody": 1}))
    assert (refused.body["reason"], refused.body["payee"]) == ("unknown_payee", "nobody")
    assert ledger.posted("bob") == 100_700


def test_nobody_is_paid_twice_by_one_split():
    ledger = a_ledger("ann", "bob")
    command = splitting(1, "ann", {"bob": 1})
    assert ledger.ask(replace(command, payees=command.payees * 2)).body["reason"] == "same_account"


def test_a_dry_run_says_what_would_be_and_leaves_no_trace():
    ledger = a_ledger("ann", "bob")
    accounts = dict(ledger.accounts)
    tried = ledger.decide(paying(1, "ann", "bob", 10, key="k", dry_run=True))
    assert (tried.answers[0].outcome, tried.answers[0].body["balance_after"]) == (Outcome.POSTED, 99_990)
    assert "id" not in tried.answers[0].body
    assert (tried.records, ledger.accounts) == ([], accounts)
    assert ledger.ask(paying(2, "ann", "bob", 100_001, dry_run=True)).body["reason"] == "insufficient_funds"
    assert ledger.ask(paying(3, "ann", "bob", 10, key="k")).replayed is False


def test_all_or_nothing_books_all():
    ledger = a_ledger("ann", "bob")
    answer = ledger.ask(Atomic(an_id(1), (paying(1, "ann", "bob", 60_000), paying(2, "bob", "ann", 90_000))))
    assert answer.outcome is Outcome.POSTED
    assert [result["outcome"] for result in answer.body["results"]] == ["posted", "posted"]
    assert (ledger.posted("ann"), ledger.posted("bob")) == (130_000, 70_000)


def test_all_or_nothing_books_nothing_and_uses_no_key():
    ledger = a_ledger("ann", "bob")
    batch = (paying(1, "ann", "bob", 60_000), paying(2, "ann", "bob", 60_000))
    decision = ledger.decide(Atomic(an_id(1), batch))
    assert decision.answers[0].outcome is Outcome.REJECTED
    assert [r["body"].get("reason") for r in decision.answers[0].body["results"]] == [None, "insufficient_funds"]
    assert (decision.records, decision.changed, ledger.posted("ann")) == ([], [], 100_000)
    assert ledger.ask(batch[0]).outcome is Outcome.POSTED


def test_a_key_that_stands_twice_in_a_refused_batch_was_never_answered():
    ledger = a_ledger("ann", "bob")
    twice = paying(1, "ann", "bob", 10, key="k")
    batch = (twice, replace(twice, id=an_id(51)), paying(2, "ann", "bob", 500_000))
    answer = ledger.ask(Atomic(an_id(1), batch))
    assert answer.outcome is Outcome.REJECTED
    assert [result["replayed"] for result in answer.body["results"]] == [False, False, False]


def test_a_batch_that_is_sent_again_is_answered_alike():
    ledger = a_ledger("ann", "bob")
    batch = Atomic(an_id(1), (paying(1, "ann", "bob", 1), paying(2, "ann", "bob", 2)))
    ledger.ask(batch)
    again = ledger.ask(Atomic(an_id(2), tuple(replace(c, id=an_id(50 + n)) for n, c in enumerate(batch.commands))))
    assert [result["replayed"] for result in again.body["results"]] == [True, True]
    assert ledger.posted("bob") == 100_003


def test_of_two_who_race_for_the_last_money_exactly_one_wins_in_any_order_and_any_batch():
    chance = random.Random(7)
    for race in range(1_000):
        ledger = a_ledger("ann", "bob", "cem")
        takes = [paying(1, "ann", "bob", 100_000), holding(2, "ann", "cem", 100_000), paying(3, "ann", "cem", 100_000)]
        chance.shuffle(takes)
        answers = ledger.decide(*takes).answers if race % 2 else [ledger.ask(take) for take in takes]
        assert [answer.outcome in ACCEPTED for answer in answers] == [True, False, False]
        assert ledger.account("ann").available == 0
        assert sum(account.posted for account in ledger.accounts.values()) == 0


def test_of_a_refused_batch_only_what_was_booked_before_has_a_place():
    ledger = a_ledger("ann", "bob")
    before = ledger.ask(paying(1, "ann", "bob", 1, key="before"))
    parts = (paying(2, "ann", "bob", 1, key="before"), paying(3, "ann", "bob", 2), paying(4, "ann", "bob", 500_000))
    answer = ledger.ask(Atomic(an_id(90_000), parts))
    assert answer.outcome is Outcome.REJECTED
    booked, would_be, refused = (part["body"] for part in answer.body["results"])
    assert booked == before.body
    assert not {"id", "position"} & (would_be.keys() | refused.keys())
