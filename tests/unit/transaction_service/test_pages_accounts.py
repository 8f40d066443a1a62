"""Accounts, statements and contacts, as a person's browser sees them."""

from __future__ import annotations

import csv

import pytest

from tests.unit.transaction_service.ledgers import opening, paying
from tests.unit.transaction_service.visits import Visit, text_of, value_of

STATEMENT = "/accounts/account-ann-EUR/statement"


@pytest.fixture
def ann(front) -> Visit:
    return Visit(front)


@pytest.fixture
def lively(memory) -> None:
    """ann's payments on two days."""
    memory.book.ask(paying(10, "ann", "bob", 1_250, note="lunch"))
    memory.book.pass_time(days=1)
    memory.book.ask(paying(11, "bob", "ann", 300, note="=cmd|' /C calc'!A0"))


def test_another_account_is_opened(ann):
    answer = ann.post("/accounts", currency="eur", purpose="Savings")
    assert answer.status_code == 303
    assert "Your account is open: savings, EUR." in text_of(ann.get("/accounts"))
    assert "savings, EUR €0.00" in text_of(ann.get("/accounts"))
    ann.post("/accounts", currency="EUR", purpose="savings")
    assert "You have this account already" in text_of(ann.get("/accounts"))


@pytest.mark.parametrize(
    ("values", "status", "text"),
    [
        ({"currency": "EURO"}, 400, "Enter a currency's code"),
        ({"currency": ""}, 400, "Enter a currency's code"),
        ({"currency": "EUR", "purpose": "my savings"}, 400, "Use up to 32 of a-z"),
        ({"currency": "USD", "purpose": "savings"}, 409, "There is no main account in this currency yet."),
    ],
)
def test_an_account_that_cannot_be_opened_says_why(ann, values, status, text):
    answer = ann.post("/accounts", **values)
    assert answer.status_code == status
    assert text in text_of(answer)


def test_there_are_no_more_accounts_than_may_be(ann, memory):
    for number in range(19):
        memory.book.ask(opening(300 + number, "ann", purpose=f"p{number}"))
    assert "as many accounts as there may be" in text_of(ann.post("/accounts", currency="EUR", purpose="one-more"))


def test_opening_says_when_the_ledger_is_away(ann, memory):
    token = value_of(ann.get("/accounts"), "csrf_token")
    memory.away = True
    answer = ann.browser.post("/accounts", data={"csrf_token": token, "currency": "EUR", "purpose": "x"})
    assert answer.status_code == 503
    assert "nothing is done twice" in text_of(answer)


def test_a_statement_opens_with_what_was_there_and_closes_with_the_balance(ann, lively, memory):
    page = text_of(ann.get(f"{STATEMENT}?from=2026-11-02&to=2026-11-02"))
    assert "Opening balance €987.50" in page
    assert "Closing balance €990.50" in page
    assert "Payment from @bob" in page
    assert "+€3.00" in page
    assert "lunch" not in page
    assert memory.book.posted("ann") == 99_050


def test_without_a_period_it_is_the_month_so_far(ann, lively):
    page = text_of(ann.get(STATEMENT))
    assert "Nov 1, 2026 to Nov 2, 2026" in page
    assert "Opening balance €0.00" in page
    assert "3 entries" in page


def test_a_period_in_which_nothing_moved_closes_as_it_opens(ann, lively):
    page = text_of(ann.get(f"{STATEMENT}?from=2026-10-01&to=2026-10-31"))
    assert "Nothing moved in this time" in page
    assert "Closing balance €0.00" in page
    page = text_of(ann.get(f"{STATEMENT}?from=2026-11-03&to=2026-11-30"))
    assert "Nothing moved in this time" in page
    assert "Opening balance €990.50" in page
    assert "Closing balance €990.50" in page


def test_a_long_statement_is_paged_with_the_same_balances(ann, memory):
    for number in range(60):
        memory.book.ask(paying(100 + number, "ann", "bob", 100))
    first = ann.get(STATEMENT)
    after = first.text.partition("after=")[2].partition('"')[0]
    second = text_of(ann.get(f"{STATEMENT}?after={after}"))
    assert "Closing balance €940.00" in text_of(first)
    assert "Closing balance €940.00" in second
    assert "First page" in second


def test_the_file_has_the_same_rows_in_the_main_unit_and_runs_nothing(ann, lively):
    answer = ann.get(f"{STATEMENT}.csv?from=2026-11-01&to=2026-11-02")
    rows = list(csv.DictReader(answer.text.splitlines()))
    assert [(row["amount"], row["balance"]) for row in rows] == [
        ("1000.00", "1000.00"),
        ("-12.50", "987.50"),
        ("3.00", "990.50"),
    ]
    assert rows[2]["note"].startswith("'=cmd")
    assert 'filename="statement-EUR-2026-11-01-2026-11-02.csv"' in answer.headers["Content-Disposition"]


@pytest.mark.parametrize("path", [STATEMENT, f"{STATEMENT}.csv"])
def test_a_statement_is_its_owners_alone(ann, path):
    ann.sign_in("bob")
    assert ann.get(path).status_code == 404
    ann.sign_out()
    assert ann.get(path).status_code == 303


@pytest.mark.parametrize("path", [STATEMENT, f"{STATEMENT}.csv"])
@pytest.mark.parametrize("query", ["from=x", "from=2026-11-02&to=2026-11-01", "to=9999-99-99", "to=9999-12-31"])
def test_a_period_that_cannot_be_is_refused(ann, path, query):
    assert ann.get(f"{path}?{query}").status_code == 400


@pytest.mark.parametrize("query", ["to=9998-12-31", "from=0001-01-01", "after=-1", "after=99999999999999999999"])
def test_the_edges_of_time_are_no_mistake(ann, query):
    assert ann.get(f"{STATEMENT}?{query}").status_code == 200


def test_a_contact_is_saved_offered_and_removed(ann):
    ann.post("/contacts", username=" BOB ", label="Bob from work")
    page = text_of(ann.get("/contacts"))
    assert "Saved: @bob." in page
    assert "Bob from work @bob · not paid yet" in page
    assert "Bob from work" in text_of(ann.get("/send_transaction"))
    ann.send()
    assert "last paid on Nov 1, 2026" in text_of(ann.get("/contacts"))
    token = value_of(ann.get("/contacts"), "csrf_token")
    ann.browser.post("/contacts/bob/remove", data={"csrf_token": token})
    page = text_of(ann.get("/contacts"))
    assert "Removed: @bob." in page
    assert "Nobody yet" in page


@pytest.mark.parametrize(
    ("values", "status", "text"),
    [
        ({"username": "nobody"}, 422, "Nobody here has that username."),
        ({"username": "bo"}, 422, "Nobody here has that username."),
        ({"username": "ann"}, 422, "You cannot send money to yourself."),
        ({"username": " "}, 400, "Whose username?"),
        ({"username": "bob", "label": "x" * 41}, 400, "longer than 40"),
    ],
)
def test_who_cannot_be_saved_is_told_beside_the_field(ann, values, status, text):
    answer = ann.post("/contacts", **values)
    assert answer.status_code == status
    assert text in text_of(answer)
    assert "Nobody yet" in text_of(ann.get("/contacts"))


def test_a_hundred_contacts_are_the_most(ann, memory):
    for number in range(100):
        memory.contacts.put("user-ann", memory.contact(f"p{number}"), 100)
    answer = ann.post("/contacts", username="bob")
    assert answer.status_code == 409
    assert "You keep 100 contacts, which is the most." in text_of(answer)
