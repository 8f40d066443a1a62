"""Files that are there whole or not at all, and survive a power cut."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

UNFINISHED = ".unfinished"
"""How the names of files end that are being written, or whose writer was killed."""


@contextmanager
def durably(path: Path) -> Iterator[BinaryIO]:
    """A file to write, which has its name once the block has ended, and not before.

    Raises OSError, and whatever the block raises, with nothing left behind: a full disk must not fill further with
    every attempt.
    """
    unfinished = path.with_name(path.name + UNFINISHED)
    try:
        with unfinished.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    unfinished.rename(path)
    fsync(path.parent)


def fsync(folder: Path) -> None:
    """Make the names in it survive, too."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
