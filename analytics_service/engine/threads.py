"""Dask in this process: Arrow and NumPy release the interpreter's lock, and nothing is copied."""

from __future__ import annotations

import os
from dataclasses import replace
from threading import BoundedSemaphore
from typing import Any

from analytics_service.engine.pieces import PIECE_BYTES, Piece
from analytics_service.engine.work import Parts, Work, tree_of


class Threads:
    """So many pieces at once as fit into `memory_bytes`, one at least, and no more than there are processors: of all
    runs of the process together, which share its memory."""

    def __init__(self, memory_bytes: int) -> None:
        self.at_once = max(1, min(os.cpu_count() or 1, memory_bytes // PIECE_BYTES))
        self._places = BoundedSemaphore(self.at_once)

    def __call__(self, work: Work) -> Parts:
        def measure(piece: Piece) -> Parts:
            with self._places:
                return work.measure(piece)

        return on_threads(replace(work, measure=measure), self.at_once)


def on_threads(work: Work, at_once: int | None = None) -> Parts:
    """`at_once` pieces, or as many as there are processors.

    Raises what `work.done` raises once the pieces under way are measured; no further one is begun.
    """
    from dask.threaded import get

    leaves, root = tree_of(work)
    pieces = {leaf.key: piece for leaf, piece in zip(leaves, work.pieces, strict=True)}

    def after_task(key: str, *_state: Any) -> None:
        if key in pieces:
            work.done(pieces[key])

    # Given here and not by `with`, which is one for the whole process: requests run beside each other.
    callbacks = [(None, None, None, after_task, None)]
    parts: Parts = get(root.__dask_graph__(), root.key, num_workers=at_once, callbacks=callbacks)
    return parts
