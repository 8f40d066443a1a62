"""What reports say of a journal, against the same journal added up from its own entries, as nobody else reads them."""

from __future__ import annotations

import json

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics_service.document import OPENAPI
from analytics_service.domain.rows import KINDS
from analytics_service.filters import REASONS, STATUSES, TYPES, Selection
from analytics_service.reports import REPORTS
from contracts.topics import HERE
from service_kit.api_document import ApiDocument
from tests.unit.analytics_service.added_up import (
    VIEWERS,
    Added,
    assert_statements_are_the_ledgers,
    assert_they_agree,
    lake_of,
    reports,
)
from tests.unit.analytics_service.histories import everything
from tests.unit.analytics_service.lakes import TestLake
from tests.unit.transaction_service.histories import a_history
from transaction_service.domain import Outcome, Record


@given(st.integers(0, 2**32), st.integers(1, 150))
@settings(max_examples=10, deadline=None)
def test_reports_of_any_journal_are_what_its_entries_add_up_to(tmp_path_factory, seed, steps):
    records = a_history(seed, steps)
    lake = lake_of(records, tmp_path_factory.mktemp("lake"), batch=50)
    for viewer in VIEWERS:
        assert_they_agree(records, lake, viewer)


@given(st.integers(0, 2**32))
@settings(max_examples=10, deadline=None)
def test_what_came_in_less_what_went_out_is_what_a_person_has(tmp_path_factory, seed):
    records = a_history(seed)
    lake = lake_of(records, tmp_path_factory.mktemp("lake"), batch=50)
    sign = {"in": 1, "out": -1, "own": 0}
    for viewer in VIEWERS[1:]:
        totals = reports(lake).answer([REPORTS["totals"]], Selection(user_id=viewer)).figures["totals"]
        has = sum(Added(records, viewer).balances.values())
        assert sum(sign[row["direction"]] * row["amount"] for row in totals) == has


@given(st.integers(0, 2**32))
@settings(max_examples=5, deadline=None)
def test_all_balances_add_up_to_nothing_and_statements_are_the_ledgers(tmp_path_factory, seed):
    records = a_history(seed)
    lake = lake_of(records, tmp_path_factory.mktemp("lake"), batch=50)
    assert_statements_are_the_ledgers(records, lake, None)
    accounts = reports(lake).answer([REPORTS["accounts"]], Selection(), 100).figures["accounts"]
    for currency in ("EUR", "USD"):
        assert sum(row["balance"] for row in accounts if row["currency"] == currency) == 0


@pytest.fixture(scope="module")
def whole() -> list[Record]:
    return everything()


@pytest.fixture
def full(whole, tmp_path) -> TestLake:
    return lake_of(whole, tmp_path / "lake")


def test_the_history_of_everything_has_every_kind_type_and_status(whole):
    transfers = [record.event["transfer"] for record in whole if "transfer" in record.event]
    assert {record.event["type"] for record in whole} == set(KINDS)
    assert {transfer["type"] for transfer in transfers} == set(TYPES)
    assert {transfer["status"] for transfer in transfers} == set(STATUSES)


@pytest.mark.parametrize("viewer", VIEWERS, ids=str)
def test_reports_of_the_history_of_everything_are_what_its_entries_add_up_to(whole, full, viewer):
    assert_they_agree(whole, full, viewer)
    assert_statements_are_the_ledgers(whole, full, viewer)


@pytest.mark.parametrize("viewer", VIEWERS, ids=str)
def test_dask_says_of_the_history_of_everything_what_pandas_says(full, viewer):
    selection = Selection(user_id=viewer)
    asked = ([report for report in REPORTS.values() if not report.misses(selection)], selection)
    assert reports(full, pandas_rows_max=0).answer(*asked).figures == reports(full).answer(*asked).figures


def test_every_position_is_in_the_lake_once_and_counted_by_its_kind(whole, full):
    assert full.positions() == [record.position for record in whole]
    for kind in KINDS:
        events = sum(record.event["type"] == kind for record in whole)
        assert full.registry.get_sample_value("lake_rows_ingested_total", {"type": kind}) == events


def test_every_row_keeps_what_its_event_says(whole, full):
    tables = [pq.read_table(full.folder.path(f.path), partitioning=None) for f in full.manifest.snapshot().files]
    rows = {row["position"]: row for table in tables for row in table.to_pylist()}
    for record in whole:
        row, event = rows[record.position], record.event
        assert (row["event_id"], row["kind"]) == (event["event_id"], event["type"])
        if "account" in event:
            assert (row["account"], row["type"], row["payees"]) == (event["account"]["id"], None, [])
            continue
        transfer = event["transfer"]
        assert row["transfer_id"] == transfer["id"]
        for name in ("type", "status", "reason", "original", "amount", "currency"):
            assert row[name] == transfer[name]
        assert row["payees"] == transfer["payees"]


def test_one_who_saves_and_pays_in_one_transfer_has_done_both_once(full):
    totals = (
        reports(full).answer([REPORTS["totals"]], Selection(user_id="user-ann", type=("payment",))).figures["totals"]
    )
    assert {row["direction"]: row["posted"] for row in totals} == {"out": 4, "own": 2}
    outcomes = reports(full).answer(
        [REPORTS["outcomes"]], Selection(user_id="user-ann", type=("payment",), status=("posted",))
    )
    assert [row["transfers"] for row in outcomes.figures["outcomes"]] == [5]


def test_a_hold_counts_when_it_is_captured_by_what_was_captured(whole, full):
    rows = reports(full).page(Selection(user_id="user-cem"), None, 10**6).rows
    captured = next(r.answer.body["id"] for r in whole if r.answer.outcome is Outcome.CAPTURED)
    assert [(row["status"], row["amount"]) for row in rows if row["transfer_id"] == captured] == [
        ("posted", 600),
        ("pending", 900),
    ]


def test_the_payee_of_a_scheduled_transfer_hears_of_it_when_it_is_paid(full):
    rows = reports(full).page(Selection(user_id="user-cem"), None, 10**6).rows
    assert "scheduled" not in {row["status"] for row in rows}
    assert [row["amount"] for row in rows if row["amount"] in (80, 81)] == [80]


def test_what_can_be_filtered_by_is_what_the_contract_and_the_document_say():
    schema = json.loads((HERE / "schemas" / "transactions.v1.json").read_text(encoding="utf-8"))
    transfer = schema["definitions"]["transfer"]["properties"]
    assert list(KINDS) == schema["properties"]["type"]["enum"]
    assert list(TYPES) == transfer["type"]["enum"]
    assert list(STATUSES) == transfer["status"]["enum"]
    assert [None, *REASONS] == transfer["reason"]["enum"]
    parameters = ApiDocument.load(OPENAPI).content["components"]["parameters"]
    for name, values in (("type", TYPES), ("status", STATUSES), ("reason", REASONS)):
        assert parameters[name]["schema"]["items"]["enum"] == list(values)
