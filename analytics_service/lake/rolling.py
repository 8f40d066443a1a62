"""From rows to rollups, as reports count: a record once, however many payees; an amount as its payees' parts."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from analytics_service.domain.rollups import Bucket, Cell, Sums, buckets_of

_EXACT = pa.decimal128(38)
"""Amounts have up to 63 bits, so that sums of them don't fit into 64."""


def rolled_up(rows: pa.Table) -> list[Bucket]:
    """The buckets of rows with the schema LAKE; what happened to accounts is in none."""
    rows = rows.filter(pc.and_(pc.is_valid(rows["type"]), pc.greater(pc.list_value_length(rows["payees"]), 0)))
    payees = rows["payees"].combine_chunks()
    parts = pa.table(
        {"row": pc.list_parent_indices(payees), "part": pc.struct_field(pc.list_flatten(payees), "amount").cast(_EXACT)}
    )
    # Payees stand in the order of their rows, and every row has one.
    amounts = parts.group_by("row", use_threads=False).aggregate([("part", "sum")])["part_sum"]
    keys = {"minute": pc.floor_temporal(rows["occurred_at"], unit="minute")} | {
        name: rows[name] for name in Cell._fields
    }
    groups = pa.table({**keys, "amount": amounts}).group_by(list(keys), use_threads=False)
    summed = groups.aggregate([("amount", "count"), ("amount", "sum")])
    columns = [summed[name].to_pylist() for name in (*keys, "amount_count", "amount_sum")]
    return buckets_of(
        (minute, Cell(*cell), Sums(records, int(amount)))
        for minute, *cell, records, amount in zip(*columns, strict=True)
    )
