"""Legs that are alike, added up before they are measured: a hundred thousand of a day are a few thousand.

For reports that look at amounts and counts only to add them, and at times only by periods that begin at a quarter of an
hour, as those of every zone do that its clocks have shown since 1972.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

QUARTER_MS = 15 * 60 * 1000
SUMS = ("amount", "counted", "counted_by_direction")
EXACT_BELOW = 2**62
_YEAR_1973_MS = 94_694_400_000


def condensed(legs: pa.Table) -> pa.Table:
    """One leg for all that are alike, at the time of one of them in the same quarter of an hour, with their sums.

    The same legs where sums would not be exact, or times are older than that. Texts may be encoded and are not then.
    """
    sums = [name for name in legs.column_names if name in SUMS]
    codes = _codes(legs.drop_columns(sums))
    if codes is None or not all(_stays_exact(legs[name]) for name in sums):
        return _decoded(legs)
    numbered = legs.select(sums).append_column("code", pa.array(codes))
    numbered = numbered.append_column("row", pa.array(np.arange(legs.num_rows)))
    groups = numbered.group_by("code", use_threads=False).aggregate([("row", "min"), *((name, "sum") for name in sums)])
    found = legs.take(groups["row_min"])
    for name in sums:
        found = found.set_column(found.schema.get_field_index(name), name, groups[f"{name}_sum"])
    return _decoded(found)


def _codes(legs: pa.Table) -> np.ndarray | None:
    """A number for each leg, the same for those that are alike; None where there is none."""
    codes, sizes = np.zeros(legs.num_rows, dtype=np.int64), 1
    if not legs.num_rows:
        return None
    for column in legs.columns:
        if pa.types.is_timestamp(column.type):
            times = column.cast(pa.int64()).to_numpy()
            if times.min() < _YEAR_1973_MS:
                return None
            values = times // QUARTER_MS
            values = values - values.min()
            size = int(values.max()) + 1
        elif pa.types.is_string(column.type) or pa.types.is_dictionary(column.type):
            encoded = column.dictionary_encode().unify_dictionaries().combine_chunks()
            size = len(encoded.dictionary) + 1
            values = pc.fill_null(encoded.indices, size - 1).to_numpy()
        else:
            return None
        sizes *= size
        if sizes >= EXACT_BELOW:
            return None
        codes = codes * size + values
    return codes


def _decoded(legs: pa.Table) -> pa.Table:
    types = (field.type for field in legs.schema)
    plain = [type.value_type if pa.types.is_dictionary(type) else type for type in types]
    return legs.cast(pa.schema(zip(legs.column_names, plain, strict=True)))


def _stays_exact(amounts: pa.ChunkedArray) -> bool:
    ends = pc.min_max(amounts).as_py()
    return max(abs(ends["min"]), abs(ends["max"])) * len(amounts) < EXACT_BELOW
