"""Legs in the order of the journal, latest first, though files overlap: partitions of the topic arrive side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from analytics_service.domain.files import LakeFile


def latest_first(files: Sequence[LakeFile], read: Callable[[LakeFile], pa.Table]) -> Iterator[pa.Table]:
    """Tables that together hold every leg, each sorted; reads a file only when its legs may be next."""
    order = sorted(files, key=lambda file: file.last_position, reverse=True)
    held: pa.Table | None = None
    for number, file in enumerate(order, start=1):
        # No file that comes later holds anything above this.
        bound = order[number].last_position if number < len(order) else 0
        legs = read(file)
        held = legs if held is None else pa.concat_tables([held, legs])
        final = pc.greater(held["position"], bound)
        ready = held.filter(final).sort_by([("position", "descending")])
        held = held.filter(pc.invert(final))
        if ready.num_rows:
            yield ready
