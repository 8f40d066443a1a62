"""A lake that was written before transfers had a life of several records is read and merged like any other."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analytics_service.domain.files import FAN_IN
from analytics_service.domain.rows import row_of
from analytics_service.filters import Selection
from analytics_service.lake.schema import LAKE
from analytics_service.reports import REPORTS
from tests.unit.analytics_service.added_up import reports
from tests.unit.analytics_service.lakes import TestLake, an_id, opened, transfer

NEW_COLUMNS = ["transfer_id", "original", "expires_at"]
EVENTS = [
    opened(1),
    transfer(2, None, "ann", 100_000),
    transfer(3, "ann", "bob", 1250),
    transfer(4, "ann", None, 9, reason="unknown_payee"),
]


@pytest.fixture
def older(tmp_path) -> TestLake:
    """Without the columns that came later."""
    lake = TestLake(tmp_path / "older")
    lake.put(*EVENTS)
    (file,) = lake.manifest.snapshot().files
    path = lake.folder.path(file.path)
    pq.write_table(pq.read_table(path, partitioning=None).drop_columns(NEW_COLUMNS), path)
    return lake


def answers(lake: TestLake, user_id: str | None) -> tuple[object, object]:
    selection = Selection(user_id=user_id)
    asked = [report for report in REPORTS.values() if not report.misses(selection)]
    return (
        reports(lake).answer(asked, selection).figures,
        reports(lake).page(selection, None, 100).rows,
    )


@pytest.mark.parametrize("user_id", [None, "user-ann", "user-bob"])
def test_an_older_file_says_what_a_new_one_says(older, lake, user_id):
    lake.put(*EVENTS)
    assert answers(older, user_id) == answers(lake, user_id)


def test_of_an_older_file_the_transfer_is_the_event(older):
    rows = reports(older).page(Selection(), None, 100).rows
    assert [(row["transfer_id"], row["original"]) for row in rows] == [(an_id(n), None) for n in (4, 3, 2)]


def test_a_column_that_a_later_release_adds_reads_as_empty_here_and_is_kept_there(lake, monkeypatch):
    """As after an update: an older file, then the schema with one column more, then rows that have it."""
    lake.put(*EVENTS)
    before = answers(lake, None)
    later = LAKE.append(pa.field("channel", pa.string()))
    for module in ("ingester", "lake.reading", "lake.merging", "rolling_up"):
        monkeypatch.setattr(f"analytics_service.{module}.LAKE", later)
    assert answers(lake, None) == before
    for batch in range(FAN_IN - 1):
        lake.ingester.take([{**row_of(transfer(5 + batch)), "channel": "app"}])
    lake.housekeeper().merge()
    (file,) = lake.manifest.snapshot().files
    told = pq.read_table(lake.folder.path(file.path), partitioning=None)["channel"].to_pylist()
    assert told == [None] * len(EVENTS) + ["app"] * (FAN_IN - 1)
    assert len(reports(lake).page(Selection(), None, 100).rows) == len(EVENTS) - 1 + FAN_IN - 1


def test_older_files_and_new_ones_become_one(older):
    for position in range(5, 5 + FAN_IN - 1):
        older.put(transfer(position))
    before = answers(older, None)
    older.housekeeper().merge()
    assert len(older.manifest.snapshot().files) == 1
    assert answers(older, None) == before
