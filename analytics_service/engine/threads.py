"""Dask in this process: Arrow and NumPy release the interpreter's lock, and nothing is copied."""

from __future__ import annotations

import os
from functools import partial
from typing import Any

from analytics_service.engine.pieces import PIECE_BYTES
from analytics_service.engine.work import Parts, Work, Workers, tree_of


def threads(memory_bytes: int) -> Workers:
    """So many at once as fit into `memory_bytes`, one at least, and no more than there are processors."""
    return partial(on_threads, at_once=max(1, min(os.cpu_count() or 1, memory_bytes // PIECE_BYTES)))


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
