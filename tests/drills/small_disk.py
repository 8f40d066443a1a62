"""A file system of its own under one folder of a stack, small enough to be filled."""

import errno
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

ROOM_BYTES = 400 * 1024 * 1024
"""Beside what is there when the folder moves: enough for a while of load."""
STEPS_BYTES = (64 * 1024 * 1024, 1024 * 1024, 4096)
"""What is taken at once until no more is to be had."""
NEEDS = "this drill mounts a disk, which needs root (CAP_SYS_ADMIN, loop devices) and mkfs.ext4 (package e2fsprogs)"


def lacking() -> str:
    """Why no such disk can be made here, in one line; empty when one can."""
    with tempfile.TemporaryDirectory() as place:
        disk = SmallDisk(Path(place) / "folder", Path(place) / "disk", room_bytes=STEPS_BYTES[0])
        disk.folder.mkdir()
        try:
            disk.put_under()
        except (OSError, subprocess.CalledProcessError):
            return NEEDS
        disk.take_away()
    return ""


class SmallDisk:
    """ext4 in a file, mounted beside the folder, which is a part of it by a bind, so that what fills it lies elsewhere.

    Not tmpfs, which DiskFillingUp takes no notice of. Whoever writes to the folder must be stopped while it moves.
    """

    def __init__(self, folder: Path, place: Path, *, room_bytes: int = ROOM_BYTES) -> None:
        """`place`: a folder that isn't there yet, for the disk."""
        self.folder, self._room = folder, room_bytes
        self._place, self._image = place, place.with_suffix(".img")
        self._content, self._filler = place / "content", place / "filler"

    def put_under(self) -> None:
        """Move the folder onto it; CalledProcessError or OSError, and all as it was, where that is not allowed."""
        try:
            self._place.mkdir()
            with self._image.open("wb") as image:
                image.truncate(_used(self.folder) + self._room)
            # Nothing is kept back for root, as whom the stores may run.
            _run("mkfs.ext4", "-q", "-F", "-m", "0", str(self._image))
            _run("mount", "-o", "loop", str(self._image), str(self._place))
            _run("cp", "-a", "--sparse=always", str(self.folder), str(self._content))
            _run("mount", "--bind", str(self._content), str(self.folder))
        except (OSError, subprocess.CalledProcessError):
            self._remove()
            raise

    def fill(self) -> None:
        """Until not a block is free; again and again where its users give some back."""
        with self._filler.open("ab") as filler:
            for step in STEPS_BYTES:
                _take_all(filler.fileno(), step)

    def free(self) -> None:
        """Give back what `fill` has taken; harmless when it has not."""
        self._filler.unlink(missing_ok=True)

    def take_away(self) -> None:
        """Move the folder back, with what is in it now."""
        _run("umount", str(self.folder))
        shutil.rmtree(self.folder)
        _run("cp", "-a", "--sparse=always", str(self._content), str(self.folder))
        self._remove()

    def _remove(self) -> None:
        if os.path.ismount(self._place):
            _run("umount", str(self._place))
        if self._place.exists():
            self._place.rmdir()
        self._image.unlink(missing_ok=True)


def _take_all(file: int, step: int) -> None:
    try:
        while True:
            os.posix_fallocate(file, os.fstat(file).st_size, step)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise


def _used(folder: Path) -> int:
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
