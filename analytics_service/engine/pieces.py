"""What a run is cut into: files that are read together, neither so many small ones that the overhead counts, nor more
than memory holds at ease."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

PIECE_ROWS = 125_000
"""Measuring has a cost for each piece of some ten milliseconds, as much as for some ten thousand rows."""

CONDENSED_PIECE_ROWS = 1_000_000
"""The same where the legs of each file are added up as it is read, so that all of them are never held."""

PIECE_BYTES = 150_000_000
"""What reading and measuring one takes at most, with every column and all reports at once: an estimate."""


@dataclass(frozen=True)
class ReportFile:
    """A file of the lake and how many rows it has."""

    path: Path
    rows: int


Piece = tuple[Path, ...]


def pieces_of(files: Sequence[ReportFile], rows_max: int) -> Iterator[Piece]:
    """The files in their order, neighbours together up to `rows_max` rows; a larger file is a piece of its own."""
    piece: list[Path] = []
    rows = 0
    for file in files:
        if piece and rows + file.rows > rows_max:
            yield tuple(piece)
            piece, rows = [], 0
        piece.append(file.path)
        rows += file.rows
    if piece:
        yield tuple(piece)
