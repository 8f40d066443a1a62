"""Reports tell the same on screen and in the export, and each person what is theirs."""

import csv
from collections.abc import Callable
from typing import Any

import pytest

from bench.platform import Api
from tests.e2e.api_client import GRANT, Client
from tests.waiting import eventually

Make = Callable[[], Client]
REPORTS = [
    "totals",
    *(f"per_{unit}" for unit in ("minute", "hour", "day", "week", "month")),
    "hours_of_week",
    "top_payers",
    "top_payees",
    "outcomes",
    "amounts",
    "histogram",
    "accounts",
    "statement",
    "counterparties",
    "concentration",
    *(f"users_per_{unit}" for unit in ("day", "week", "month")),
]


@pytest.fixture(scope="module")
def pair(member: Make, operator: Api) -> tuple[Client, Client]:
    """Two who have sent to one another, with a rejection between, all of it in the lake."""
    payer, payee = member(), member()
    payer.send(payee.username, 700)
    payee.send(payer.username, 200)
    payer.send(payee.username, GRANT * 2)
    last = payer.send(payee.username, 50).json()["position"]
    eventually(lambda: operator.is_in_lake(last), what="the last transfer is in the lake")
    return payer, payee


def test_every_report_is_listed_and_answers(pair: tuple[Client, Client]) -> None:
    payer, _ = pair
    listed = payer.get("/v1/reports", of="analytics-web").json()["reports"]

    assert [report["name"] for report in listed] == REPORTS
    for report in listed:
        answer = payer.get(f"/v1/reports/{report['name']}", of="analytics-web", account=account_of(payer)).json()
        assert answer["report"] == report["name"]
        assert answer["rows"]
        assert all(set(answer["columns"]) == set(row) for row in answer["rows"])


def test_people_see_their_own_transfers_alone(pair: tuple[Client, Client], member: Make) -> None:
    payer, payee = pair
    other = member()
    mine = {transfer["id"] for transfer in payer.history()}

    def transfers(of: Client) -> set[str]:
        return {row["event_id"] for row in of.rows(type="payment")}

    assert transfers(payer) == {t["id"] for t in payer.history() if t["type"] == "payment"}
    assert transfers(payee) <= mine, "a rejected transfer is the payer's alone"
    assert transfers(other) == set()


def test_a_filter_names_what_is_counted(pair: tuple[Client, Client]) -> None:
    payer, _ = pair

    assert sorted(row["amount"] for row in payer.rows(type="payment", status="posted")) == [50, 200, 700]
    assert [row["reason"] for row in payer.rows(status="rejected")] == ["insufficient_funds"]
    assert payer.rows(currency="USD") == []
    assert payer.rows(**{"to": "2020-01-01"}) == []


def test_an_analyst_sees_the_whole_platform(pair: tuple[Client, Client], analyst: Client) -> None:
    payer, payee = pair
    theirs = {row["event_id"] for row in [*payer.rows(), *payee.rows()]}

    (first, *_) = sorted(payer.rows(type="payment"), key=lambda row: row["position"])
    seen = {row["event_id"] for row in analyst.rows(after=first["position"] - 1, limit=1000)}

    assert {row["event_id"] for row in payer.rows(type="payment")} <= seen
    assert len(seen & theirs) >= 4


@pytest.mark.parametrize("report", REPORTS)
def test_the_export_holds_what_the_screen_shows(report: str, pair: tuple[Client, Client], analyst: Client) -> None:
    payer, _ = pair
    upto = max(row["position"] for row in payer.rows())
    asked = {"upto": upto, "account": account_of(payer), "zone": "Europe/Berlin"}
    # An analyst has counterparties of a user alone.
    for person in (payer,) if report == "counterparties" else (payer, analyst):
        answer = person.get(f"/v1/reports/{report}", of="analytics-web", **asked).json()
        export = person.get(f"/v1/reports/{report}", of="analytics-web", format="csv", **asked)

        assert export.headers["Content-Type"].split(";")[0] == "text/csv"
        columns, *lines = csv.reader(export.text.splitlines())
        assert columns == answer["columns"]
        assert lines == [[as_text(row[column]) for column in columns] for row in answer["rows"]]


def test_the_statement_is_the_ledgers_entry_by_entry(pair: tuple[Client, Client], analyst: Client) -> None:
    for person in pair:
        account, balance = account_of(person), person.balance()
        ledger = person.get(f"/v1/accounts/{account}/statement", limit=100).json()
        expected = [
            {
                "position": line["position"],
                "occurred_at": line["at"],
                "transfer_id": line["transfer"],
                "type": line["type"],
                "amount": line["amount"],
                "balance_after": line["balance_after"],
            }
            for line in ledger["lines"]
        ]
        for reader in (person, analyst):
            statement = reader.report("statement", account=account)
            assert [{name: row[name] for name in expected[0]} for row in statement] == expected
            (totals,) = reader.report("accounts", account=account)
            assert totals["balance"] == balance == ledger["closing"]
            assert totals["amount_in"] - totals["amount_out"] == balance


def test_the_transfers_are_exported_as_they_are_paged(pair: tuple[Client, Client]) -> None:
    payer, _ = pair
    paged, cursor = list[dict[str, Any]](), None
    while True:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = payer.get("/v1/rows", of="analytics-web", **query).json()
        assert len(page["rows"]) <= 2
        paged += page["rows"]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    export = payer.get("/v1/rows", of="analytics-web", format="csv")
    exported = list(csv.DictReader(export.text.splitlines()))
    assert exported == [{name: as_text(value) for name, value in row.items()} for row in paged]
    assert len(paged) == 5


def test_what_the_lake_holds_is_told_to_services_alone(pair: tuple[Client, Client], analyst: Client) -> None:
    for person in (pair[0], analyst):
        for path in ("/v1/lake", "/v1/lake/coverage?after=0&upto=1", "/v1/lake/positions/1"):
            answer = person.get(path, of="analytics-web")
            assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")


def account_of(person: Client) -> str:
    (account,) = person.accounts()
    return str(account["id"])


def as_text(value: object) -> str:
    """As CSV writes it: nothing for null."""
    return "" if value is None else str(value)
