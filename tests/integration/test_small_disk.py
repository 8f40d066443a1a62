"""A small disk under a folder: made where that is allowed, and where not all is as it was."""

from __future__ import annotations

import errno
import subprocess
from pathlib import Path

import pytest

from tests.drills.small_disk import SmallDisk

ROOM_BYTES = 32 * 1024 * 1024


def test_it_is_filled_and_freed_and_what_was_written_stays(tmp_path: Path) -> None:
    folder, place = tmp_path / "folder", tmp_path / "disk"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "before").write_text("old")
    disk = SmallDisk(folder, place, room_bytes=ROOM_BYTES)

    try:
        disk.put_under()
    except (OSError, subprocess.CalledProcessError):
        assert [path.name for path in tmp_path.rglob("*")] == ["folder", "deep", "before"]
        return

    try:
        disk.fill()
        with pytest.raises(OSError) as refused:
            (folder / "too-much").write_bytes(b"x" * 10_000)
        assert refused.value.errno == errno.ENOSPC
        disk.free()
        (folder / "after").write_text("new")
    finally:
        disk.take_away()

    assert (folder / "deep" / "before").read_text() == "old"
    assert (folder / "after").read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]
