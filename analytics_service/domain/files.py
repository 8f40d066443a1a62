"""The lake's files as the manifest describes them, how long to keep them, and which of them to merge.

A commit a second makes 86,400 files a day. They are merged as in a log-structured merge tree: FAN_IN files of one day
and level become one of the next level, so that every row is rewritten a few times at most, and a day is read from a
few dozen files.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

FAN_IN = 16
MERGED_ROWS_MAX = 250_000
"""Merging holds them in memory, twice, beside the ingester."""


@dataclass(frozen=True)
class LakeFile:
    """One Parquet file. `path` is relative to the lake; the positions and times are those of its rows."""

    path: str
    day: str
    rows: int
    bytes: int
    first_position: int
    last_position: int
    first_at: datetime
    last_at: datetime
    committed_at: datetime
    level: int = 0


@dataclass(frozen=True)
class Keeping:
    """How long what is kept: whole days of files (for ever with None), and the rollups of minutes."""

    minutes: timedelta
    days: timedelta | None = None


def to_merge(files: Iterable[LakeFile]) -> list[LakeFile]:
    """The next files to merge into one, in order of position; empty when none need it."""
    groups: dict[tuple[str, int], list[LakeFile]] = defaultdict(list)
    for file in files:
        groups[file.day, file.level].append(file)
    for _, group in sorted(groups.items()):
        ordered = sorted(group, key=lambda file: file.first_position)
        # Neighbours, and not only the oldest: large files, as a backlog leaves, must not hold up small ones after them.
        for first in range(len(ordered) - FAN_IN + 1):
            parts = ordered[first : first + FAN_IN]
            if sum(file.rows for file in parts) <= MERGED_ROWS_MAX:
                return parts
    return []
