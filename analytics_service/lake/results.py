"""The results of jobs: files beside the lake's days, written whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from analytics_service.lake.durable import durably

FOLDER = "results"


class ResultTooLargeError(Exception):
    """It has more bytes than a result may have."""


@dataclass(frozen=True)
class ResultFolder:
    """The folder, in the lake's, so that every process of the service sees it."""

    root: Path

    @classmethod
    def of(cls, lake: Path) -> ResultFolder:
        """Of the lake's folder."""
        return cls(lake / FOLDER)

    def path(self, file: str) -> Path:
        """Where a result lies."""
        return self.root / file

    def write(self, file: str, chunks: Iterable[bytes], bytes_max: int) -> int:
        """Write a result that survives a power cut; how many bytes it has. Nobody sees it before it is whole.

        Raises OSError, ResultTooLargeError, and whatever `chunks` raises, with nothing left behind.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        with durably(self.path(file)) as to:
            to.writelines(_bounded(chunks, bytes_max))
            return to.tell()

    def delete(self, file: str) -> None:
        """Harmless where it is gone already."""
        self.path(file).unlink(missing_ok=True)

    def written_before(self, unix_time: float) -> list[str]:
        """The files last written before then, unfinished ones too."""
        if not self.root.is_dir():
            return []
        return [path.name for path in self.root.iterdir() if _is_older(path, unix_time)]


def _bounded(chunks: Iterable[bytes], bytes_max: int) -> Iterator[bytes]:
    left = bytes_max
    for chunk in chunks:
        left -= len(chunk)
        if left < 0:
            raise ResultTooLargeError(f"more than {bytes_max} bytes")
        yield chunk


def _is_older(path: Path, unix_time: float) -> bool:
    try:
        return path.stat().st_mtime < unix_time
    except FileNotFoundError:
        # Another reporter sweeps too.
        return False
