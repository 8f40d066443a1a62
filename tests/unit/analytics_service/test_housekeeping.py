"""Merging and sweeping: readers never notice, and nothing that counts is ever deleted."""

from __future__ import annotations

import os
from collections import Counter
from datetime import timedelta

import pytest

from analytics_service.domain.files import FAN_IN, MERGED_ROWS_MAX, LakeFile, to_merge
from analytics_service.filters import Selection
from analytics_service.housekeeping import GRACE, Housekeeper
from analytics_service.ingester import Ingester
from analytics_service.lake.folder import LakeFolder
from analytics_service.use_cases.lake import Lake
from tests.unit.analytics_service.added_up import reports
from tests.unit.analytics_service.lakes import NOON, messages, transfer


@pytest.fixture
def housekeeper(lake) -> Housekeeper:
    return lake.housekeeper()


def one_by_one(lake, count, first=1):
    for position in range(first, first + count):
        lake.put(transfer(position))


def age(lake, by):
    """Every file on disk was written `by` ago."""
    written = (lake.clock.now() - by).timestamp()
    for path in lake.on_disk():
        os.utime(lake.root / path, (written, written))


def test_many_small_files_of_a_day_become_one(lake, housekeeper):
    one_by_one(lake, FAN_IN)
    housekeeper.merge()
    (file,) = lake.manifest.snapshot().files
    assert (file.rows, file.level, file.first_position, file.last_position) == (FAN_IN, 1, 1, FAN_IN)
    assert lake.positions() == list(range(1, FAN_IN + 1))


def test_merging_goes_on_until_nothing_is_left_to_merge(lake, housekeeper):
    one_by_one(lake, 2 * FAN_IN + 1)
    housekeeper.merge()
    assert sorted(file.level for file in lake.manifest.snapshot().files) == [0, 1, 1]
    assert lake.positions() == list(range(1, 2 * FAN_IN + 2))


def test_files_of_a_level_become_one_of_the_next_and_large_ones_stay():
    def a_file(number, rows):
        at = NOON + timedelta(seconds=number)
        return LakeFile(str(number), "2026-01-02", rows, 1, number, number, at, at, at, level=1)

    assert to_merge([a_file(n, 10) for n in reversed(range(FAN_IN + 3))]) == [a_file(n, 10) for n in range(FAN_IN)]
    assert to_merge([a_file(n, 10) for n in range(FAN_IN - 1)]) == []
    assert to_merge([a_file(n, MERGED_ROWS_MAX) for n in range(FAN_IN)]) == []
    large, small = [a_file(n, MERGED_ROWS_MAX) for n in range(3)], [a_file(n, 10) for n in range(3, FAN_IN + 3)]
    assert to_merge(large + small) == small


def test_days_are_not_mixed(lake, housekeeper):
    for position in range(1, 2 * FAN_IN + 1):
        lake.put(transfer(position, at=NOON + timedelta(days=position % 2)))
    housekeeper.merge()
    assert sorted(file.day for file in lake.manifest.snapshot().files) == ["2026-01-02", "2026-01-03"]


def test_a_merged_row_still_knows_when_it_was_committed(lake, housekeeper):
    lake.put(transfer(1))
    committed_at = lake.clock.now()
    lake.clock.advance(60)
    one_by_one(lake, FAN_IN - 1, first=2)
    housekeeper.merge()
    assert Lake(lake.manifest, lake.folder).position(1)["committed_at"] == committed_at


def test_whoever_reads_goes_on_with_the_parts_until_the_grace_is_over(lake, housekeeper):
    one_by_one(lake, FAN_IN)
    before = lake.manifest.snapshot().files
    housekeeper.merge()
    age(lake, timedelta(0))
    housekeeper.sweep()
    assert all(lake.folder.path(file.path).exists() for file in before)
    lake.clock.advance(GRACE.total_seconds() + 1)
    housekeeper.sweep()
    assert lake.on_disk() == {file.path for file in lake.manifest.snapshot().files}
    assert lake.positions() == list(range(1, FAN_IN + 1))


def test_a_reader_that_began_before_a_merge_and_a_sweep_reads_on_as_if_nothing_had_been(lake, housekeeper):
    one_by_one(lake, 2 * FAN_IN)
    _, batches = reports(lake).batches(Selection())
    following = (row for batch in batches for row in batch.to_pylist())
    read = [next(following)["position"] for _ in range(FAN_IN // 2)]
    housekeeper.merge()
    age(lake, timedelta(0))
    lake.clock.advance(GRACE.total_seconds() - 1)
    housekeeper.sweep()
    read += [row["position"] for row in following]
    assert read == list(range(2 * FAN_IN, 0, -1))
    assert [row["position"] for row in reports(lake).page(Selection(), None, 100).rows] == read


def test_what_comes_days_late_is_in_the_file_of_its_own_day_and_is_merged_there(lake, housekeeper):
    days = [NOON + timedelta(days=n) for n in range(4)]
    for position in range(1, FAN_IN + 1):
        lake.put(transfer(position, at=days[3] if position % 2 else days[0]))
    one_by_one(lake, FAN_IN // 2, first=FAN_IN + 1)
    housekeeper.merge()
    rows = Counter[str]()
    for file in lake.manifest.snapshot().files:
        assert file.day == file.path[len("date=") :].partition("/")[0] == file.first_at.date().isoformat()
        assert file.first_at.date() == file.last_at.date()
        rows[file.day] += file.rows
    assert rows == {"2026-01-02": FAN_IN, "2026-01-05": FAN_IN // 2}
    late = reports(lake).page(Selection(to=days[1]), None, 100).rows
    assert len(late) == FAN_IN


def test_a_stray_is_swept_once_it_is_old_and_the_rest_stays(lake, housekeeper):
    lake.put(transfer(1))
    table = _a_table(lake)
    stray = lake.folder.write("2026-01-02", table, NOON).path
    unfinished = lake.root / "date=2026-01-02/9.unfinished"
    unfinished.write_bytes(b"half")
    age(lake, GRACE - timedelta(seconds=1))
    housekeeper.sweep()
    assert stray in lake.on_disk()
    age(lake, GRACE + timedelta(seconds=1))
    housekeeper.sweep()
    assert lake.on_disk() == {file.path for file in lake.manifest.snapshot().files}
    assert lake.positions() == [1]


def test_a_writer_that_slept_through_a_sweep_commits_none_of_its_swept_files(lake, housekeeper):
    class Slept:
        """A folder whose first file lies so long that the sweep takes it for a stray."""

        def __init__(self):
            self.first = True

        def write(self, *args):
            file = lake.folder.write(*args)
            if self.first:
                self.first = False
                age(lake, GRACE + timedelta(minutes=1))
                housekeeper.sweep()
            return file

    Ingester(lake.manifest, Slept(), lake.clock, lake.metrics).handle(messages([transfer(1)]))
    assert lake.positions() == [1]


def test_a_merge_that_slept_through_a_sweep_is_begun_again(lake, housekeeper):
    one_by_one(lake, FAN_IN)

    class Slept(LakeFolder):
        def write(self, *args):
            file = lake.folder.write(*args)
            age(lake, GRACE + timedelta(minutes=1))
            housekeeper.sweep()
            return file

    lake.housekeeper(Slept(lake.root, str)).merge()
    assert lake.positions() == list(range(1, FAN_IN + 1))
    housekeeper.merge()
    assert lake.positions() == list(range(1, FAN_IN + 1))
    assert len(lake.manifest.snapshot().files) == 1


def test_two_housekeepers_merge_each_file_once(lake, housekeeper):
    one_by_one(lake, FAN_IN)

    class Overtaken(LakeFolder):
        def write(self, *args):
            housekeeper.merge()
            return lake.folder.write(*args)

    lake.housekeeper(Overtaken(lake.root, str)).merge()
    assert lake.positions() == list(range(1, FAN_IN + 1))


def test_the_metrics_tell_what_the_lake_is(lake, housekeeper):
    one_by_one(lake, 3)
    lake.metrics.shows(lake.manifest.snapshot(), lake.rollups.count())
    value = lake.registry.get_sample_value
    assert (value("lake_files"), value("lake_rows"), value("lake_complete_upto_position")) == (3, 3, 3)
    assert value("lake_rollup_buckets") == 3
    assert value("lake_watermark_timestamp_seconds") == (NOON + timedelta(seconds=3)).timestamp()


def _a_table(lake):
    import pyarrow.parquet as pq

    return pq.read_table(lake.folder.path(lake.manifest.snapshot().files[0].path), partitioning=None)
