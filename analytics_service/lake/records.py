"""From a file to records: of their payees only the fields that are asked for, only those that the filter may pass.

A payee has two ids, which are most of a file; to read them for a sum takes six times as long as to leave them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import and_
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from analytics_service.filters import MANY, Selection
from analytics_service.lake.schema import LAKE, TIME


def read_records(
    path: Path, selection: Selection, columns: Iterable[str], of_payees: Sequence[str], encoded: Sequence[str] = ()
) -> pa.Table:
    """The records of transfers with `columns` of LAKE, and `payees` with these fields, in order of position.

    Columns of `encoded` come as they are stored, as numbers of a dictionary's texts.
    """
    condition = pushed_down(selection)
    wanted = {*columns, *_asked_about(selection)}
    names = [name for name in LAKE.names if name in wanted]
    with pq.ParquetFile(path, read_dictionary=encoded) as file:
        stored = [name for name in names if name in file.schema_arrow.names]
        nested = [f"payees.list.element.{field}" for field in of_payees]
        found = file.read_row_groups(_row_groups(file, path, condition), columns=[*stored, *nested], use_threads=False)
    for name in names:
        if name not in stored:
            # A file from before there was such a column.
            found = found.append_column(name, pa.nulls(found.num_rows, LAKE.field(name).type))
    return found.filter(condition).select([*columns, "payees"])


def _row_groups(file: pq.ParquetFile, path: Path, condition: pc.Expression) -> list[int]:
    if file.num_row_groups < 2:
        return list(range(file.num_row_groups))
    whole = ds.ParquetFileFormat().make_fragment(str(path))
    return [group.id for group in whole.subset(condition, schema=LAKE).row_groups]


def pushed_down(selection: Selection) -> pc.Expression:
    """What a file's own statistics can tell, too: row groups that can't have it aren't read."""
    # What happened to an account has none.
    terms = [pc.field("type").is_valid()]
    terms += [pc.field(name).isin(values) for name in MANY if (values := getattr(selection, name))]
    if selection.amount_min is not None:
        # No payee's part is larger than the whole.
        terms.append(pc.field("amount") >= selection.amount_min)
    if selection.transfer is not None:
        by_event = pc.field("transfer_id").is_null() & (pc.field("event_id") == selection.transfer)
        terms.append((pc.field("transfer_id") == selection.transfer) | by_event)
    if selection.from_ is not None:
        terms.append(pc.field("occurred_at") >= pa.scalar(selection.from_, TIME))
    if selection.to is not None:
        terms.append(pc.field("occurred_at") < pa.scalar(selection.to, TIME))
    if selection.after is not None:
        terms.append(pc.field("position") > selection.after)
    if selection.upto is not None:
        terms.append(pc.field("position") <= selection.upto)
    return reduce(and_, terms)


def _asked_about(selection: Selection) -> set[str]:
    """The columns that `pushed_down` looks at."""
    asked = {"type", *(name for name in MANY if getattr(selection, name))}
    for column, values in {
        "amount": (selection.amount_min,),
        "transfer_id": (selection.transfer,),
        "event_id": (selection.transfer,),
        "occurred_at": (selection.from_, selection.to),
        "position": (selection.after, selection.upto),
    }.items():
        if any(value is not None for value in values):
            asked.add(column)
    return asked
