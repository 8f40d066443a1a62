"""What every manifest does: run over the one in memory here, over MongoDB's in tests/integration."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from analytics_service.domain.covered import Covered
from analytics_service.domain.files import LakeFile
from analytics_service.ports import Batch, ConflictError
from tests.unit.analytics_service.lakes import NOON


def a_file(first: int, last: int | None = None) -> LakeFile:
    last = last or first
    return LakeFile(
        f"date=2026-01-02/{first}.parquet", "2026-01-02", last - first + 1, 10, first, last, NOON, NOON, NOON
    )


def covering(first: int, last: int) -> Covered:
    return Covered().plus({position: NOON + timedelta(seconds=position) for position in range(first, last + 1)})


def a_batch(files: list[LakeFile], offsets: dict[str, int]) -> Batch:
    return Batch(files, [], offsets, NOON)


class ManifestContract:
    def test_a_commit_adds_files_and_covers_their_positions(self, manifest):
        manifest.commit(manifest.state(), covering(1, 5), a_batch([a_file(1, 3), a_file(4, 5)], {"t-0": 5}))
        lake = manifest.snapshot()
        assert [file.path for file in lake.files] == ["date=2026-01-02/1.parquet", "date=2026-01-02/4.parquet"]
        assert lake.files[0] == a_file(1, 3)
        assert lake.covered.watermark.position == 5
        assert lake.covered.watermark.occurred_at == NOON + timedelta(seconds=5)
        assert lake.committed_at == NOON

    def test_a_commit_on_a_state_that_has_passed_writes_nothing(self, manifest):
        base = manifest.state()
        manifest.commit(base, covering(1, 1), a_batch([a_file(1)], {"t-0": 1}))
        with pytest.raises(ConflictError):
            manifest.commit(base, covering(2, 2), a_batch([a_file(2)], {"t-0": 2}))
        assert [file.first_position for file in manifest.snapshot().files] == [1]
        assert manifest.state().covered.watermark.position == 1

    def test_a_commit_that_was_begun_before_a_sweep_fails(self, manifest):
        base = manifest.state()
        manifest.fence()
        with pytest.raises(ConflictError):
            manifest.commit(base, covering(1, 1), a_batch([a_file(1)], {"t-0": 1}))

    def test_a_merged_file_takes_the_place_of_its_parts_at_once(self, manifest):
        parts = [a_file(1), a_file(2)]
        manifest.commit(manifest.state(), covering(1, 2), a_batch(parts, {"t-0": 2}))
        whole = replace(a_file(1, 2), path="date=2026-01-02/whole.parquet", level=1)
        manifest.replace(parts, whole, NOON, 0)
        assert list(manifest.snapshot().files) == [whole]
        assert manifest.unknown([part.path for part in parts]) == []

    def test_a_file_can_be_merged_only_once(self, manifest):
        parts = [a_file(1), a_file(2)]
        manifest.commit(manifest.state(), covering(1, 2), a_batch(parts, {"t-0": 2}))
        manifest.replace(parts, replace(a_file(1, 2), path="date=2026-01-02/a.parquet"), NOON, 0)
        with pytest.raises(ConflictError):
            manifest.replace(parts, replace(a_file(1, 2), path="date=2026-01-02/b.parquet"), NOON, 0)
        assert [file.path for file in manifest.snapshot().files] == ["date=2026-01-02/a.parquet"]

    def test_a_merge_that_was_begun_before_a_sweep_fails(self, manifest):
        manifest.commit(manifest.state(), covering(1, 1), a_batch([a_file(1)], {"t-0": 1}))
        sweeps = manifest.snapshot().sweeps
        manifest.fence()
        with pytest.raises(ConflictError):
            manifest.replace([a_file(1)], a_file(9), NOON, sweeps)
        assert [file.first_position for file in manifest.snapshot().files] == [1]

    def test_retired_files_are_known_until_they_are_forgotten(self, manifest):
        manifest.commit(manifest.state(), covering(1, 1), a_batch([a_file(1)], {"t-0": 1}))
        manifest.replace([a_file(1)], replace(a_file(1), path="new"), NOON, 0)
        path = a_file(1).path
        assert manifest.retired_before(NOON) == []
        assert manifest.retired_before(NOON + timedelta(seconds=1)) == [path]
        manifest.forget(path)
        assert manifest.unknown([path, "new"]) == [path]

    def test_a_live_file_is_not_forgotten(self, manifest):
        manifest.commit(manifest.state(), covering(1, 1), a_batch([a_file(1)], {"t-0": 1}))
        manifest.forget(a_file(1).path)
        assert manifest.unknown([a_file(1).path]) == []

    def test_the_files_of_old_days_go_and_what_they_covered_stays_covered(self, manifest):
        day = NOON.replace(hour=0)
        old, new = a_file(1), replace(a_file(2), path="date=2026-01-03/2.parquet", day="2026-01-03")
        manifest.commit(manifest.state(), covering(1, 2), a_batch([old, new], {"t-0": 2}))
        assert manifest.retire_days(day + timedelta(days=1), NOON) == 1
        lake = manifest.snapshot()
        assert (list(lake.files), lake.complete_from) == ([new], day + timedelta(days=1))
        assert (lake.watermark.position, lake.watermark.from_) == (2, day + timedelta(days=1))
        assert manifest.retired_before(NOON + timedelta(seconds=1)) == [old.path]

    def test_days_that_have_gone_do_not_come_back_and_are_retired_once(self, manifest):
        day = NOON.replace(hour=0)
        manifest.commit(manifest.state(), covering(1, 1), a_batch([a_file(1)], {"t-0": 1}))
        assert manifest.retire_days(day + timedelta(days=2), NOON) == 1
        version = manifest.state().version
        assert manifest.retire_days(day + timedelta(days=2), NOON) == 0
        assert manifest.retire_days(day, NOON) == 0
        assert manifest.state().version == version
        assert manifest.state().complete_from == day + timedelta(days=2)

    def test_what_was_begun_before_days_were_retired_is_decided_again(self, manifest):
        base = manifest.state()
        manifest.retire_days(NOON.replace(hour=0), NOON)
        with pytest.raises(ConflictError):
            manifest.commit(base, covering(1, 1), a_batch([a_file(1)], {"t-0": 1}))

    def test_positions_without_a_file_are_covered_too(self, manifest):
        manifest.commit(manifest.state(), covering(1, 1), a_batch([], {"t-0": 1}))
        lake = manifest.snapshot()
        assert (list(lake.files), lake.covered.watermark.position, lake.committed_at) == ([], 1, NOON)
