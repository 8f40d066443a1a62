"""Legs that are alike, as one: the reports that are told so say the same, and of a file little is read."""

from __future__ import annotations

from datetime import timedelta

import pyarrow as pa
import pytest

from analytics_service.engine import Threads
from analytics_service.engine.pieces import PIECE_BYTES
from analytics_service.filters import Selection
from analytics_service.lake.condensing import condensed
from analytics_service.lake.reading import read_legs
from analytics_service.lake.records import read_records
from analytics_service.reports import REPORTS
from tests.unit.analytics_service.lakes import NOON, transfer

CONDENSING = [report for report in REPORTS.values() if report.condenses]


@pytest.fixture
def path(lake):
    """Forty payments in one file, a few seconds apart over midnight, and a split of two parts."""
    late = NOON.replace(hour=23, minute=55)
    payments = [
        transfer(n, amount=n, at=late + timedelta(seconds=n), currency="USD" if n % 3 else "EUR") for n in range(1, 41)
    ]
    lake.put(*payments, transfer(41, amount=30, payees=[("bob", 10), ("cleo", 20)], at=late))
    (file,) = lake.manifest.snapshot().files
    return lake.folder.path(file.path)


def test_the_reports_by_day_and_hour_and_the_totals_are_told_condensed():
    assert {"totals", "per_hour", "per_day", "per_week", "per_month", "hours_of_week", "outcomes"} == {
        report.name for report in CONDENSING
    }


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu", "Europe/Berlin"])
@pytest.mark.parametrize("report", CONDENSING, ids=lambda report: report.name)
def test_a_report_says_the_same_of_what_was_added_up(path, report, zone):
    legs, selection = read_legs(path, Selection(), report.reads), Selection(zone=zone)
    fewer = condensed(read_legs(path, Selection(), report.reads, encoded=True))
    assert fewer.schema == legs.schema
    assert fewer.num_rows < legs.num_rows == 42
    assert report.of(fewer.to_pandas(), selection).equals(report.of(legs.to_pandas(), selection))


def test_where_sums_would_not_be_exact_nothing_is_added_up(path):
    legs = read_legs(path, Selection(), REPORTS["totals"].reads, encoded=True)
    at = legs.schema.get_field_index("amount")
    large = legs.set_column(at, "amount", pa.array([2**60] * legs.num_rows))
    fewer = condensed(large)
    assert fewer.num_rows == legs.num_rows
    assert fewer["currency"].type == pa.string()


def test_of_nothing_there_is_nothing_to_add_up(path):
    legs = read_legs(path, Selection(upto=0), REPORTS["totals"].reads)
    assert condensed(legs).num_rows == 0


def test_the_filter_looks_into_texts_that_are_encoded_too(path):
    selection, columns = Selection(text="uSd", currency=("USD",)), REPORTS["totals"].reads
    found = read_legs(path, selection, columns, encoded=True)
    assert condensed(found).to_pylist() == condensed(read_legs(path, selection, columns)).to_pylist()
    assert found.num_rows == 27


def test_of_records_and_payees_only_what_is_asked_for_is_read(path):
    found = read_records(path, Selection(after=5), ["currency"], ["amount"])
    assert found.column_names == ["currency", "payees"]
    assert [field.name for field in found.schema.field("payees").type.value_type] == ["amount"]
    assert found.num_rows == 36


@pytest.mark.parametrize(("memory_bytes", "at_once"), [(1, 1), (PIECE_BYTES, 1), (2 * PIECE_BYTES, 2), (10**15, 4)])
def test_as_many_pieces_are_worked_on_as_the_memory_is_for(monkeypatch, memory_bytes, at_once):
    monkeypatch.setattr("os.cpu_count", lambda: 4)
    assert Threads(memory_bytes).at_once == at_once
