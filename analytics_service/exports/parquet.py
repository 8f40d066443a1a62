"""Apache Parquet, written to whoever reads it, a row group at a time."""

from __future__ import annotations

import io
from collections.abc import Iterator

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from analytics_service.exports.content import Content
from analytics_service.exports.lines import about

GROUP_ROWS = 65_536
ABOUT = b"fintech.about"
"""The key of the file's metadata under which it says in JSON where its figures come from."""


def parquet(content: Content) -> Iterator[bytes]:
    """Typed columns; Zstandard."""
    schema = content.schema.with_metadata({ABOUT: orjson.dumps(about(content))})
    written = _Written()
    held: list[pa.RecordBatch] = []
    with pq.ParquetWriter(pa.PythonFile(written, mode="w"), schema, compression="zstd") as writer:
        for batch in content.batches:
            held.append(batch)
            if sum(each.num_rows for each in held) >= GROUP_ROWS:
                writer.write_table(pa.Table.from_batches(held).cast(schema))
                held = []
                yield written.taken()
        if held:
            writer.write_table(pa.Table.from_batches(held).cast(schema))
    yield written.taken()


class _Written(io.RawIOBase):
    """What has been written and not yet taken. Parquet is written from front to back: nothing is sought."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._at = 0

    def writable(self) -> bool:
        return True

    def write(self, data: object, /) -> int:
        part = bytes(memoryview(data))  # type: ignore[arg-type]
        self._parts.append(part)
        self._at += len(part)
        return len(part)

    def tell(self) -> int:
        return self._at

    def taken(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)
