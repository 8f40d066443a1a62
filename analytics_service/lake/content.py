"""What a day's files say, as one number: equal where they hold the same rows, in whatever files and order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from analytics_service.domain.files import LakeFile
from analytics_service.lake.folder import LakeFolder
from analytics_service.lake.schema import LAKE

STAMPS = ("consumed_at", "committed_at")
"""Of the ingester, and of no event: a lake that is made anew has others."""
_COLUMNS = [name for name in LAKE.names if name not in STAMPS]
_MODULUS = 2**128
BATCH = 10_000


@dataclass(frozen=True)
class Content:
    """So many rows; `sum` adds up a hash of each, so that a row that is there twice shows, too."""

    rows: int = 0
    sum: int = 0

    def plus(self, other: Content) -> Content:
        """Both together."""
        return Content(self.rows + other.rows, (self.sum + other.sum) % _MODULUS)


def content_of(folder: LakeFolder, files: Iterable[LakeFile], upto: int) -> Content:
    """Of the rows of `files` up to a position; a batch of rows is in memory at once. Raises OSError for a lost file."""
    found = Content()
    for file in files:
        with pq.ParquetFile(folder.path(file.path)) as parquet:
            for batch in parquet.iter_batches(BATCH):
                found = found.plus(_content(pa.Table.from_batches([batch]), upto))
    return found


def _content(rows: pa.Table, upto: int) -> Content:
    # Older files have fewer columns, and read as if nothing stood in the others.
    empty = pa.nulls(rows.num_rows)
    columns = [rows[name] if name in rows.column_names else empty for name in _COLUMNS]
    told = pa.table(columns, names=_COLUMNS).filter(pc.less_equal(rows["position"], upto))
    hashes = (_hash(row) for row in told.to_pylist())
    return Content(told.num_rows, sum(hashes) % _MODULUS)


def _hash(row: dict[str, object]) -> int:
    return int.from_bytes(blake2b(orjson.dumps(row, option=orjson.OPT_UTC_Z), digest_size=16).digest())
