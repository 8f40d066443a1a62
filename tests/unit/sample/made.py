"""A sample and its rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from analytics_service.lake.schema import LAKE
from sample.making import Sample


@dataclass
class Made:
    lake: Path
    sample: Sample

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """In the order of the files."""
        files = [pq.read_table(self.lake / f.path, schema=LAKE, partitioning=None) for f in self.sample.files]
        rows: list[dict[str, Any]] = pa.concat_tables(files).to_pylist()
        return rows

    @property
    def posted(self) -> list[dict[str, Any]]:
        return [row for row in self.rows if row["status"] == "posted"]

    def entries(self) -> list[tuple[str, int, int]]:
        """What was booked, in order: account, signed amount, balance after it."""
        found = []
        for row in self.posted:
            found.append((row["payer_account"], -row["amount"], row["payer_balance_after"]))
            found += [(payee["account"], payee["amount"], payee["balance_after"]) for payee in row["payees"]]
        return found
