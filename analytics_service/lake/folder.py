"""The lake's folder: files are written whole or not at all, and what nobody names is swept."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from analytics_service.domain.files import LakeFile
from analytics_service.lake.durable import UNFINISHED, durably, fsync

SUFFIX = ".parquet"


class LakeFolder:
    """Knows paths, not meanings."""

    def __init__(self, root: Path, new_id: Callable[[], str]) -> None:
        self._root = root
        self._new_id = new_id

    def path(self, file: str) -> Path:
        """Where a file of the manifest lies."""
        return self._root / file

    def check(self) -> None:
        """A readiness check: raises OSError where the folder can't be read, as on a mistaken path or a lost mount."""
        next(os.scandir(self._root), None)

    def write(self, day: str, rows: pa.Table, committed_at: datetime, level: int = 0) -> LakeFile:
        """Write the rows of one day as a new file that survives a power cut, and describe it.

        The manifest doesn't name it yet, so nobody reads it. Raises OSError, with nothing left behind.
        """
        folder = self._root / f"date={day}"
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            fsync(folder.parent)
        path = folder / f"{self._new_id()}{SUFFIX}"
        rows = rows.sort_by("position")
        size = _write_durably(path, rows)
        positions, times = pc.min_max(rows["position"]).as_py(), pc.min_max(rows["occurred_at"]).as_py()
        return LakeFile(
            path=str(path.relative_to(self._root)),
            day=day,
            rows=rows.num_rows,
            bytes=size,
            first_position=positions["min"],
            last_position=positions["max"],
            first_at=times["min"],
            last_at=times["max"],
            committed_at=committed_at,
            level=level,
        )

    def written_before(self, unix_time: float) -> Iterator[str]:
        """The files on disk last written before then, unfinished ones too, relative to the lake."""
        for path in self._root.glob("date=*/*"):
            try:
                old = path.stat().st_mtime < unix_time
            except FileNotFoundError:
                # Another ingester sweeps too.
                continue
            if old and path.suffix in (SUFFIX, UNFINISHED):
                yield str(path.relative_to(self._root))

    def delete(self, file: str) -> None:
        """Harmless where it is gone already."""
        self.path(file).unlink(missing_ok=True)


def _write_durably(path: Path, rows: pa.Table) -> int:
    with durably(path) as file:
        pq.write_table(rows, file, compression="zstd")
        return file.tell()
