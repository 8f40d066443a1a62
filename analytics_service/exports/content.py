"""What is exported: typed columns, and their rows a batch at a time, so that no export is ever whole in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from analytics_service.domain.covered import Watermark
from analytics_service.domain.rows import Row
from analytics_service.filters import Selection
from analytics_service.lake.schema import TIME
from analytics_service.reports.columns import Column, Kind

BATCH_ROWS = 8_192
_TYPES: Mapping[Kind, pa.DataType] = {
    "integer": pa.int64(),
    "money": pa.int64(),
    "text": pa.string(),
    "moment": TIME,
}
_RFC3339 = "%Y-%m-%dT%H:%M:%SZ"

FiguresOf = Literal["own", "user", "platform"]


@dataclass(frozen=True)
class About:
    """Where figures come from: whose they are, the filter as it was asked for, up to where they are complete,
    and which engine they needed."""

    figures_of: FiguresOf
    filter: Mapping[str, Any]
    complete_upto: Watermark
    made_at: datetime
    engine: str | None = None


@dataclass(frozen=True)
class Content:
    """`batches` have the columns of `schema`, in its order, and can be read once. `name` is the file's, too.

    `drawn` are the rows that charts are made of: a report's, which are in memory anyway; of transfers there are none.
    """

    name: str
    title: str
    columns: Sequence[Column]
    batches: Iterable[pa.RecordBatch]
    about: About
    selection: Selection = Selection()  # noqa: RUF009 - frozen
    drawn: Sequence[Row] = ()

    @property
    def names(self) -> list[str]:
        """Of the columns."""
        return [column.name for column in self.columns]

    @property
    def schema(self) -> pa.Schema:
        """As Arrow has it; each column says what it means."""
        return schema_of(self.columns)


def schema_of(columns: Iterable[Column]) -> pa.Schema:
    """Integers and money are int64, moments milliseconds of UTC; each field's metadata has its kind and meaning."""
    return pa.schema(map(_field, columns))


def _field(column: Column) -> pa.Field:
    said = {"kind": column.kind, "description": column.description}
    return pa.field(column.name, _TYPES[column.kind], metadata=said)


def in_batches(columns: Sequence[Column], rows: Sequence[Row]) -> Iterator[pa.RecordBatch]:
    """The rows of a report, which are in memory anyway."""
    schema = schema_of(columns)
    for first in range(0, len(rows), BATCH_ROWS):
        yield pa.RecordBatch.from_pylist(rows[first : first + BATCH_ROWS], schema=schema)


def rows_of(batch: pa.RecordBatch) -> list[Row]:
    """A batch as rows of plain values; moments are RFC 3339 text in UTC with milliseconds."""
    for at, field in enumerate(batch.schema):
        if field.type == TIME:
            batch = batch.set_column(at, field.name, pc.strftime(batch.column(at), format=_RFC3339))
    rows: list[Row] = batch.to_pylist()
    return rows
