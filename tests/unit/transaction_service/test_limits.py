"""How much a person may send: by role, by day, by payee, and as set for one user."""

from __future__ import annotations

import pytest

from contracts.access_token import NEWCOMER
from tests.unit.transaction_service.ledgers import a_ledger, following, holding, limiting, opening, paying, splitting
from transaction_service.domain import Account, Outcome
from transaction_service.domain.limits import limits_in, limits_of

SMALL = {"per_transfer": 500, "per_day": 1_000, "per_payee": 800, "new_payee": 600, "per_minute": 4}


def limited(**limits):
    """ann may send little; everybody else what users may."""
    ledger = a_ledger("ann", "bob", "cem", "dee")
    ledger.ask(limiting(1, "account-ann-EUR", **{**SMALL, **limits}))
    return ledger


def refusal(answer):
    assert (answer.outcome, answer.body["reason"]) == (Outcome.REJECTED, "limit_exceeded")
    return answer.body["limit"], answer.body["allowed"], answer.body["remaining_today"]


def test_a_transfer_beyond_the_largest_is_refused_with_what_would_be_allowed():
    assert refusal(limited().ask(paying(1, "ann", "bob", 501))) == ("per_transfer", 500, 1_000)


def test_a_day_has_a_sum_and_the_next_one_begins_anew():
    ledger = limited(per_payee=1_000, new_payee=1_000)
    ledger.decide(paying(1, "ann", "bob", 500), paying(2, "ann", "cem", 300))
    assert refusal(ledger.ask(paying(3, "ann", "dee", 201))) == ("per_day", 200, 200)
    ledger.pass_time(days=1)
    assert ledger.ask(paying(4, "ann", "dee", 500)).outcome is Outcome.POSTED


def test_a_payee_gets_so_much_a_day():
    ledger = limited(new_payee=5_000)
    ledger.decide(paying(1, "ann", "bob", 500))
    assert refusal(ledger.ask(paying(2, "ann", "bob", 301))) == ("per_payee", 300, 500)
    assert ledger.ask(paying(3, "ann", "cem", 301)).outcome is Outcome.POSTED


def test_a_new_payee_gets_less_until_a_day_has_passed():
    ledger = limited()
    ledger.ask(paying(1, "ann", "bob", 400))
    assert refusal(ledger.ask(paying(2, "ann", "bob", 201))) == ("new_payee", 200, 600)
    ledger.pass_time(hours=23)
    assert refusal(ledger.ask(paying(3, "ann", "bob", 201)))[0] == "new_payee"
    ledger.pass_time(hours=1)
    assert ledger.ask(paying(4, "ann", "bob", 201)).outcome is Outcome.POSTED


def test_a_minute_has_so_many_transfers():
    ledger = limited()
    for number in range(4):
        ledger.ask(paying(number, "ann", "bob", 1))
    assert refusal(ledger.ask(paying(5, "ann", "bob", 1))) == ("per_minute", 0, 996)
    ledger.pass_time(minutes=1)
    assert ledger.ask(paying(6, "ann", "bob", 1)).outcome is Outcome.POSTED


@pytest.mark.parametrize(
    ("amount", "limits", "told"),
    [
        (501, {"new_payee": 300}, ("per_transfer", 300, 1_000)),
        (501, {"per_payee": 200}, ("per_transfer", 200, 1_000)),
        (450, {"per_day": 400, "new_payee": 300}, ("per_day", 300, 400)),
        (450, {"per_payee": 400, "new_payee": 300}, ("per_payee", 300, 1_000)),
    ],
)
def test_what_would_be_allowed_is_what_all_limits_leave(amount, limits, told):
    ledger = limited(**limits)
    assert refusal(ledger.ask(paying(1, "ann", "bob", amount))) == told
    assert ledger.ask(paying(2, "ann", "bob", told[1])).outcome is Outcome.POSTED


def test_in_a_minute_that_is_used_up_nothing_would_be_allowed():
    ledger = limited()
    for number in range(4):
        ledger.ask(paying(number, "ann", "bob", 1))
    assert refusal(ledger.ask(paying(5, "ann", "bob", 501))) == ("per_transfer", 0, 996)


def test_several_payees_get_together_what_each_may_get():
    ledger = limited(per_transfer=1_000, new_payee=300)
    refused = ledger.ask(splitting(1, "ann", {"bob": 700, "cem": 301}))
    assert refusal(refused) == ("per_transfer", 600, 1_000)
    assert ledger.ask(splitting(2, "ann", {"bob": 300, "cem": 300})).outcome is Outcome.POSTED


def test_what_was_refused_is_not_counted():
    ledger = limited()
    for number in range(10):
        ledger.ask(paying(number, "ann", "nobody", 1))
    assert ledger.ask(paying(11, "ann", "bob", 500)).outcome is Outcome.POSTED


@pytest.mark.parametrize("act", ["void", "capture"])
def test_a_hold_counts_until_its_rest_is_given_back(act):
    ledger = limited(per_day=500)
    hold = ledger.ask(holding(1, "ann", "bob", 500)).body["id"]
    assert refusal(ledger.ask(paying(2, "ann", "cem", 1))) == ("per_day", 0, 0)
    ledger.ask(following(1, act, hold, "bob", 100 if act == "capture" else None))
    left = 500 if act == "void" else 400
    assert refusal(ledger.ask(paying(3, "ann", "cem", left + 1)))[2] == left
    assert ledger.ask(paying(4, "ann", "cem", left)).outcome is Outcome.POSTED


def test_a_hold_of_yesterday_gives_nothing_back_today():
    ledger = limited(per_day=500)
    hold = ledger.ask(holding(1, "ann", "bob", 500)).body["id"]
    ledger.pass_time(days=1)
    ledger.ask(paying(2, "ann", "cem", 300))
    ledger.ask(following(1, "void", hold, "bob"))
    assert refusal(ledger.ask(paying(3, "ann", "cem", 201))) == ("per_day", 200, 200)


def test_the_account_that_pays_makes_no_difference():
    ledger = limited(per_payee=1_000, new_payee=1_000)
    ledger.ask(opening(60, "ann", purpose="savings"))
    savings = "account-ann-EUR-savings"
    own = paying(1, "ann", "ann", 5_000)
    moved = ledger.ask(own.__class__(**{**fields(own), "payees": (own.payees[0].__class__(5_000, account=savings),)}))
    assert moved.outcome is Outcome.POSTED, "between one's own accounts there are no limits"
    ledger.ask(paying(2, "ann", "bob", 500, payer_account=savings))
    ledger.ask(paying(3, "ann", "bob", 400))
    assert refusal(ledger.ask(paying(4, "ann", "cem", 101, payer_account=savings))) == ("per_day", 100, 100)


def fields(command):
    return {name: getattr(command, name) for name in command.__slots__}


def test_nothing_named_is_the_roles_own_again():
    ledger = limited()
    ledger.ask(limiting(2, "account-ann-EUR"))
    assert ledger.ask(paying(1, "ann", "bob", 60_000)).outcome is Outcome.POSTED


def test_limits_are_those_of_the_currency():
    assert limits_in("EUR", "user").per_transfer == 200_000
    assert limits_in("JPY", "user").per_transfer == 2_000
    assert limits_in("EUR", "nobody knows") == limits_in("EUR", "user")
    assert limits_in("EUR", "demo").per_day > limits_in("EUR", "user").per_day


def test_a_newcomer_may_send_little_and_is_told_what_gives_more():
    ledger = a_ledger("ann", "bob", "cem")

    refused = ledger.ask(paying(1, "ann", "bob", 5_001, role=NEWCOMER))

    assert refusal(refused) == ("per_transfer", 5_000, 10_000)
    assert refused.body["raised_by"] == "email_confirmation"
    assert ledger.ask(paying(2, "ann", "bob", 5_000, role=NEWCOMER)).outcome is Outcome.POSTED
    assert refusal(ledger.ask(paying(3, "ann", "cem", 5_001, role=NEWCOMER)))[0] == "per_transfer"
    assert "raised_by" not in ledger.ask(paying(4, "ann", "cem", 500_000)).body


def test_the_platforms_own_people_are_no_newcomers_to_the_ledger():
    account = Account("account-ann-EUR", "user-ann", "ann", "EUR", "main", "demo")

    assert limits_of(account, NEWCOMER) == limits_in("EUR", "demo")
