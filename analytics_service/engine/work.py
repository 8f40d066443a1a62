"""A run as Dask sees it: a tree whose leaves measure pieces, and whose nodes add up what is below them.

A node lets go of what it has added up, so that not all parts are held at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analytics_service.engine.pieces import Piece

FAN_IN = 8

Parts = list[pd.DataFrame]
"""One part for each report."""


@dataclass(frozen=True)
class Work:
    """What is to be done; its functions must pickle, for they travel to other machines."""

    pieces: Sequence[Piece]
    measure: Callable[[Piece], Parts]
    combine: Callable[[Sequence[Parts]], Parts]
    done: Callable[[Piece], None]
    """Called here, by the thread that waits, as each piece is measured. What it raises ends the run."""


Workers = Callable[[Work], Parts]
"""Does the work; whoever it is, the answer is the same."""


def here(work: Work) -> Parts:
    """In this thread, one piece after the other, without Dask."""
    parts = []
    for piece in work.pieces:
        parts.append(work.measure(piece))
        work.done(piece)
        if len(parts) == FAN_IN:
            parts = [work.combine(parts)]
    return work.combine(parts)


def tree_of(work: Work) -> tuple[list[Any], Any]:
    """The leaf of each piece, in their order, and the root, as Dask's delayed values."""
    # Dask takes a second to import, and most lakes never need it.
    from dask.delayed import delayed

    measure = delayed(work.measure, pure=False, traverse=False)
    combine = delayed(work.combine, pure=False)
    leaves = level = [measure(piece) for piece in work.pieces]
    while len(level) > 1:
        level = [combine(level[first : first + FAN_IN]) for first in range(0, len(level), FAN_IN)]
    return leaves, level[0]
