"""Days that are kept no longer: their files go, what they covered and their figures stay, and answers say since when
they are complete."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import ValidationError

from analytics_service.domain.rollups import Sums
from analytics_service.housekeeping import GRACE
from analytics_service.settings import KeepingSettings
from tests.unit.analytics_service.lakes import NOON, transfer
from tests.unit.analytics_service.rollups_contract import MIDNIGHT, PAID, cells
from tests.unit.analytics_service.test_api import get

DAY = timedelta(days=1)
DAYS = 7


@pytest.fixture
def old(lake):
    """One payment on each of ten days, of which the last is today; seven whole days before today are kept."""
    lake.clock.advance(9 * DAY.total_seconds())
    lake.put(*(transfer(n, at=NOON + (n - 1) * DAY) for n in range(1, 11)))
    lake.housekeeper(days=DAYS).retire_days()
    return lake


FIRST_KEPT = MIDNIGHT + 2 * DAY


def test_whole_days_go_and_the_others_stay(old):
    assert old.positions() == list(range(3, 11))
    assert old.manifest.snapshot().complete_from == FIRST_KEPT


def test_a_report_says_since_when_it_is_complete(front, old):
    body = get(front, "/v1/reports/totals").json
    assert body["complete_from"] == "2026-01-04T00:00:00.000Z"
    assert body["complete_upto"]["position"] == 10
    assert [row["posted"] for row in body["rows"]] == [8]
    assert get(front, "/v1/rows").json["complete_from"] == body["complete_from"]
    assert get(front, "/v1/lake", "robot").json["complete_from_time"] == body["complete_from"]


def coverage(front, after, upto):
    return get(front, f"/v1/lake/coverage?after={after}&upto={upto}", "robot").json


def test_what_was_let_go_is_covered_and_neither_there_nor_missing(front, old):
    for after, upto, retired, rows in ((0, 10, 2, 8), (0, 1, 1, 0), (1, 2, 1, 0), (1, 3, 1, 1), (2, 10, 0, 8)):
        told = {"after": after, "upto": upto, "events": upto - after, "rows": rows, "retired": retired}
        assert coverage(front, after, upto) == told
    old.clock.advance(30 * DAY.total_seconds())
    old.housekeeper(days=DAYS).retire_days()
    assert coverage(front, 0, 10) == {"after": 0, "upto": 10, "events": 10, "rows": 0, "retired": 10}


def test_a_position_of_a_day_that_went_is_told_as_such(front, old):
    assert get(front, "/v1/lake/positions/2", "robot").json == {
        "position": 2, "event_id": None, "consumed_at": None, "committed_at": None, "file": None, "retired": True
    }  # fmt: skip
    assert get(front, "/v1/lake/positions/3", "robot").json["retired"] is False
    assert get(front, "/v1/lake/positions/11", "robot").status_code == 404


def test_a_row_that_is_lost_of_a_day_that_is_kept_is_missing(front, old):
    kept = old.manifest.snapshot().files
    old.folder.path(kept[1].path).write_bytes(old.folder.path(kept[0].path).read_bytes())
    found = coverage(front, 0, 4)
    assert (found["events"], found["retired"]) == (4, 2)


def test_a_lake_that_keeps_all_is_complete_from_the_beginning(front, lake):
    lake.put(transfer(1))
    lake.clock.advance(400 * DAY.total_seconds())
    lake.housekeeper().retire_days()
    assert lake.positions() == [1]
    assert get(front, "/v1/reports/totals").json["complete_from"] is None


def test_figures_by_hour_and_day_stay(old):
    assert cells(old, "day") == {MIDNIGHT + n * DAY: {PAID: Sums(1, 1250)} for n in range(10)}


def test_what_comes_of_such_a_day_is_covered_and_counted_and_not_written(old):
    on_disk = old.on_disk()
    old.put(transfer(11, at=NOON))
    assert old.manifest.snapshot().covered.watermark.position == 11
    assert cells(old, "day")[MIDNIGHT] == {PAID: Sums(2, 2500)}
    assert old.on_disk() == on_disk
    old.put(transfer(11, at=NOON))
    assert cells(old, "day")[MIDNIGHT] == {PAID: Sums(2, 2500)}


def test_a_batch_that_was_begun_before_its_day_went_is_not_written_after_it(lake):
    lake.clock.advance(9 * DAY.total_seconds())

    class Overtaken:
        """A folder that is slow enough for the housekeeping to come first."""

        def write(self, *args):
            lake.housekeeper(days=DAYS).retire_days()
            return lake.folder.write(*args)

    lake.ingester._folder = Overtaken()
    lake.put(transfer(1, at=NOON))
    assert (lake.positions(), lake.manifest.snapshot().covered.watermark.position) == ([], 1)


def test_the_files_are_deleted_once_nobody_can_be_reading_them(old):
    housekeeper = old.housekeeper(days=DAYS)
    housekeeper.sweep()
    assert len(old.on_disk()) == 10
    old.clock.advance(GRACE.total_seconds() + 1)
    housekeeper.sweep()
    assert old.on_disk() == {file.path for file in old.manifest.snapshot().files}


def test_a_day_more_is_let_go_each_midnight_and_a_longer_time_brings_none_back(old):
    old.clock.advance(DAY.total_seconds())
    old.housekeeper(days=DAYS).retire_days()
    assert old.positions() == list(range(4, 11))
    old.housekeeper(days=400).retire_days()
    assert old.manifest.snapshot().complete_from == FIRST_KEPT + DAY


@pytest.mark.parametrize("days", ["6", "0", "-1", "36501", "a week"])
def test_a_time_that_is_none_is_refused(monkeypatch, days):
    monkeypatch.setenv("LAKE_RETENTION_DAYS", days)
    with pytest.raises(ValidationError, match=r"(?i)lake_retention_days"):
        KeepingSettings()
