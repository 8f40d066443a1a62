"""Accounts and limits, as a program sees them."""

from __future__ import annotations

import pytest

from tests.unit.transaction_service.ledgers import limiting
from tests.unit.transaction_service.requests import code_of, get, post

STAFF = "sue+admin"
ANNS = "/v1/accounts/account-ann-EUR"


@pytest.fixture
def people():
    return ("ann", "bob", "sue")


def savings(front):
    return post(front, "/v1/accounts", {"currency": "EUR", "purpose": "savings"}, key=None).json["account"]["id"]


def test_accounts_show_what_may_be_spent(front):
    post(front, "/v1/transfers", {"payee": "bob", "amount": 1_000, "currency": "EUR", "hold_seconds": 60})
    (account,) = get(front, "/v1/accounts").json["accounts"]
    assert account == {
        "id": "account-ann-EUR",
        "currency": "EUR",
        "purpose": "main",
        "status": "open",
        "posted": 100_000,
        "pending_in": 0,
        "pending_out": 1_000,
        "available": 99_000,
    }


def test_an_account_opened_twice_is_the_same_one(front):
    body = {"currency": "EUR", "purpose": "savings"}
    first, again = (post(front, "/v1/accounts", body, key=None) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json == again.json


def test_a_new_currency_brings_the_worlds_account_along(front, memory):
    assert post(front, "/v1/accounts", {"currency": "USD"}, key=None).status_code == 201
    assert memory.book.accounts["world:USD"].posted == 0
    bought = post(
        front, "/v1/deposits", {"username": "ann", "amount": 500, "currency": "USD", "note": "cash"}, who=STAFF
    )
    assert bought.status_code == 201


def test_the_first_account_of_a_currency_is_the_main_one(front):
    answer = post(front, "/v1/accounts", {"currency": "USD", "purpose": "savings"}, key=None)
    assert code_of(answer) == (409, "no_account")


def test_who_has_nothing_yet_waits_for_the_first_account(front):
    answer = post(front, "/v1/accounts", {"currency": "EUR"}, who="stranger", key=None)
    assert code_of(answer) == (409, "no_account")
    assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize(
    "body", [{}, {"currency": "XQX"}, {"currency": "EUR", "purpose": "Savings"}, {"currency": "EUR", "purpose": "a\n"}]
)
def test_an_account_needs_a_currency_and_a_plain_purpose(front, body):
    assert code_of(post(front, "/v1/accounts", body, key=None)) == (400, "invalid_request")


def test_the_number_of_accounts_is_bounded(front):
    statuses = [
        post(front, "/v1/accounts", {"currency": "EUR", "purpose": f"p-{n}"}, key=None).status_code for n in range(20)
    ]
    assert statuses == [201] * 19 + [409]


def test_an_empty_account_is_closed_by_its_owner_for_ever(front):
    account = savings(front)
    closed = post(front, f"/v1/accounts/{account}/close", {"reason": "not needed"})
    assert (closed.status_code, closed.json["account"]["status"], closed.json["reason"]) == (
        200,
        "closed",
        "not needed",
    )
    again = post(front, "/v1/accounts", {"currency": "EUR", "purpose": "savings"}, key=None)
    assert code_of(again) == (409, "account_closed")
    assert code_of(post(front, f"/v1/accounts/{account}/close", key="k-2")) == (409, "account_closed")


def test_only_an_empty_account_that_is_not_the_main_one_and_ones_own_is_closed(front):
    account = savings(front)
    post(front, "/v1/transfers", {"payee_account": account, "amount": 1, "currency": "EUR"}, key="fill")
    assert code_of(post(front, f"/v1/accounts/{account}/close")) == (409, "account_not_empty")
    assert code_of(post(front, f"{ANNS}/close", key="k-2")) == (409, "account_is_main")
    assert code_of(post(front, f"{ANNS}/close", who="bob")) == (404, "account_not_found")
    assert code_of(post(front, "/v1/accounts/no-such/close", key="k-3")) == (404, "account_not_found")


def test_staff_freezes_and_unfreezes_under_their_own_name(front, memory):
    frozen = post(front, f"{ANNS}/freeze", {"reason": "report 17"}, who=STAFF)
    assert (frozen.status_code, frozen.json["account"]["status"]) == (200, "frozen")
    assert memory.book.records[-1].actor == {"id": "user-sue", "role": "admin"}
    payment = {"payee": "bob", "amount": 1, "currency": "EUR"}
    assert code_of(post(front, "/v1/transfers", payment)) == (422, "account_frozen")
    assert post(front, f"{ANNS}/unfreeze", who=STAFF, key="k-2").json["account"]["status"] == "open"
    assert post(front, "/v1/transfers", payment, key="k-2").status_code == 201


@pytest.mark.parametrize("act", ["freeze", "unfreeze"])
def test_staff_leave_their_own_account_to_a_colleague(front, memory, act):
    before = len(memory.book.records)
    assert code_of(post(front, f"{ANNS}/{act}", who="ann+support")) == (403, "own_account")
    assert len(memory.book.records) == before


@pytest.mark.parametrize("act", ["freeze", "unfreeze"])
def test_nobody_else_does(front, act):
    assert code_of(post(front, f"{ANNS}/{act}")) == (403, "role_missing")


def test_limits_tell_what_is_left_of_the_day(front):
    post(front, "/v1/transfers", {"payee": "bob", "amount": 1_250, "currency": "EUR"})
    limits = get(front, "/v1/limits?currency=EUR").json
    assert (limits["spent_today"], limits["remaining_today"]) == (1_250, limits["limits"]["per_day"] - 1_250)


def test_limits_that_were_set_for_somebody_are_theirs(front, memory):
    memory.book.ask(limiting(1, "account-ann-EUR", per_day=2_000))
    assert get(front, "/v1/limits?currency=EUR").json["limits"]["per_day"] == 2_000
    answer = post(front, "/v1/transfers", {"payee": "bob", "amount": 2_001, "currency": "EUR"})
    assert code_of(answer) == (422, "limit_exceeded")
    assert {name: answer.json["transfer"][name] for name in ("limit", "allowed", "remaining_today")} == {
        "limit": "per_day",
        "allowed": 2_000,
        "remaining_today": 2_000,
    }


def test_there_are_no_limits_in_a_currency_that_one_has_not(front):
    assert code_of(get(front, "/v1/limits?currency=USD")) == (409, "no_account")


def test_a_statement_to_the_last_day_of_a_month_is_that_month(front):
    answer = get(front, "/v1/accounts/account-ann-EUR/statement?to=2026-10-31")
    assert (answer.json["from"], answer.json["to"]) == ("2026-10-01T00:00:00.000Z", "2026-11-01T00:00:00.000Z")


@pytest.mark.parametrize(
    "query",
    [
        "statement?from=0001-01-01T00:00:00Z&to=0001-01-01T00:00:00Z&format=csv",
        "statement?to=0001-01-01T00:00:00Z",
        "statement?to=9999-12-31",
        "balance?at=9999-12-31T23:59:59.9995Z",
    ],
)
def test_a_moment_at_the_edge_of_time_is_refused(front, query):
    assert code_of(get(front, f"/v1/accounts/account-ann-EUR/{query}")) == (400, "invalid_request")


def test_a_statement_of_long_ago_says_its_years_in_four_digits(front):
    answer = get(front, "/v1/accounts/account-ann-EUR/statement?to=0581-11-04")
    assert (answer.json["from"], answer.json["to"]) == ("0581-11-01T00:00:00.000Z", "0581-11-05T00:00:00.000Z")
