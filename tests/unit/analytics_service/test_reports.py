"""Single rules of the reports, each in a small lake. That all figures are right is in test_reports_agree.py."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd
import pytest
from prometheus_client import CollectorRegistry

from analytics_service.engine import Engine, on_threads
from analytics_service.filters import Selection, selection_of
from analytics_service.lake.reading import no_legs
from analytics_service.metrics import WebMetrics
from analytics_service.reports import REPORTS, FiguresTooLargeError, TooManyFiguresError
from analytics_service.use_cases.reports import Reports
from tests.unit.analytics_service.lakes import NOON, account, opened, transfer, user
from tests.unit.analytics_service.test_api import get


def reports(lake, pandas_rows_max=10**9):
    metrics = WebMetrics(CollectorRegistry(), REPORTS)
    return Reports(lake.manifest, lake.folder, Engine(on_threads, pandas_rows_max), metrics, lake.clock.monotonic)


def figures(lake, name, limit=10, **selection):
    return reports(lake).answer([REPORTS[name]], Selection(**selection), limit).figures[name]


def test_grants_are_kept_apart_from_payments(lake):
    lake.put(opened(1), transfer(2, None, "ann", 100_000), transfer(3, amount=500), transfer(4, reason="unknown_payee"))
    assert figures(lake, "totals") == [
        {"currency": "EUR", "type": "grant", "direction": "all", "posted": 1, "rejected": 0, "amount": 100_000},
        {"currency": "EUR", "type": "payment", "direction": "all", "posted": 1, "rejected": 1, "amount": 500},
    ]


def test_a_person_sees_money_in_and_money_out(lake):
    lake.put(transfer(1, "ann", "bob", 5), transfer(2, "bob", "ann", 7), transfer(3, "bob", "cleo", 11))
    found = {row["direction"]: row["amount"] for row in figures(lake, "totals", user_id=user("ann"))}
    assert found == {"in": 7, "out": 5}


def test_who_was_to_be_paid_does_not_hear_of_a_rejected_transfer(lake):
    lake.put(transfer(1, "ann", "bob", reason="insufficient_funds"))
    assert figures(lake, "outcomes", user_id=user("bob")) == []
    assert len(figures(lake, "outcomes", user_id=user("ann"))) == 1


def test_the_largest_come_first_and_equals_in_the_order_of_their_accounts(lake):
    lake.put(transfer(1, "ann", "dan", 5), transfer(2, "cleo", "dan", 9), transfer(3, "bob", "dan", 5))
    assert [row["account"] for row in figures(lake, "top_payers")] == list(map(account, ("cleo", "ann", "bob")))
    assert [row["account"] for row in figures(lake, "top_payers", limit=1)] == [account("cleo")]


def test_to_a_person_the_top_payers_are_those_who_paid_them(lake):
    lake.put(transfer(1, "ann", "bob", 5), transfer(2, "bob", "ann", 7))
    assert [row["account"] for row in figures(lake, "top_payers", user_id=user("ann"))] == [account("bob")]
    assert [row["account"] for row in figures(lake, "top_payees", user_id=user("ann"))] == [account("bob")]


def test_a_transfer_to_several_is_one_transfer_and_each_payee_has_their_share(lake):
    lake.put(transfer(1, "ann", amount=30, payees=[("bob", 10), ("cleo", 20)]))
    (totals,) = figures(lake, "totals")
    assert (totals["posted"], totals["amount"]) == (1, 30)
    assert [(row["account"], row["transfers"], row["amount"]) for row in figures(lake, "top_payees")] == [
        (account("cleo"), 1, 20),
        (account("bob"), 1, 10),
    ]
    (own,) = figures(lake, "totals", user_id=user("bob"))
    assert (own["direction"], own["posted"], own["amount"]) == ("in", 1, 10)


def test_an_hour_and_a_day_begin_at_their_first_moment(lake):
    lake.put(transfer(1, at=NOON + timedelta(minutes=59)), transfer(2, at=NOON + timedelta(minutes=60)))
    assert [row["start"] for row in figures(lake, "per_hour")] == [NOON, NOON + timedelta(hours=1)]
    assert [row["start"] for row in figures(lake, "per_day")] == [NOON.replace(hour=0)]


@pytest.mark.parametrize("report", REPORTS.values(), ids=str)
def test_of_nothing_a_report_has_its_columns_and_no_rows(report):
    answer = report.of(no_legs(report.reads).to_pandas())
    assert list(answer.columns) == list(report.columns)
    assert answer.empty


def test_rather_no_figure_than_one_that_has_wrapped_around():
    leg = {"currency": "EUR", "type": "payment", "direction": "all", "status": "posted"} | {"counted_by_direction": 1}
    with pytest.raises(FiguresTooLargeError):
        REPORTS["totals"].of(pd.DataFrame([leg | {"amount": 2**53 - 1}] * 1024))


@pytest.mark.parametrize("name", ["statement", "per_minute"])
def test_an_answer_of_more_rows_than_memory_is_meant_for_is_refused(lake, front, monkeypatch, name):
    monkeypatch.setattr("analytics_service.use_cases.reports.ROWS_MAX", 2)
    lake.put(*(transfer(n, at=NOON + n * timedelta(minutes=1)) for n in (1, 2)))
    query = f"/v1/reports/{name}?account={account('ann')}"
    assert len(get(front, query).json["rows"]) == 2
    lake.put(transfer(3, at=NOON + timedelta(minutes=3)))
    refused = get(front, query)
    assert (refused.status_code, refused.json["code"]) == (422, "too_many_figures")
    assert "more than 2" in refused.json["detail"]


def test_so_are_more_groups_on_the_way_to_it(lake, monkeypatch):
    monkeypatch.setattr("analytics_service.reports.report.GROUPS_MAX", 2)
    lake.put(*(transfer(n, amount=n) for n in (1, 2)))
    assert len(figures(lake, "amounts")) == 1
    lake.put(transfer(3, amount=3))
    with pytest.raises(TooManyFiguresError):
        figures(lake, "amounts")


def test_files_that_cannot_hold_an_answer_are_not_opened(lake):
    lake.put(transfer(1, at=NOON))
    lake.put(transfer(2, at=NOON + timedelta(days=1)))
    first, second = lake.manifest.snapshot().files
    lake.folder.delete(first.path)
    (row,) = figures(lake, "totals", from_=NOON + timedelta(hours=1))
    assert row["posted"] == 1
    lake.folder.delete(second.path)
    assert figures(lake, "totals", from_=NOON + timedelta(days=2)) == []
    assert figures(lake, "totals", upto=0) == []


@pytest.mark.parametrize(
    ("query", "first", "last"),
    [
        ({"from": "2026-01-02", "to": "2026-01-02"}, NOON.replace(hour=0), NOON.replace(hour=0) + timedelta(days=1)),
        ({"from": "2026-01-02T13:00:00+01:00", "to": "2026-01-02T12:00:01Z"}, NOON, NOON + timedelta(seconds=1)),
    ],
)
def test_a_date_is_its_whole_day_and_a_moment_itself(query, first, last):
    selection = selection_of(query)
    assert (selection.from_, selection.to) == (first, last)
