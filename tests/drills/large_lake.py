"""A lake with millions of rows more than its ledger has: for reports that take long."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pydantic import TypeAdapter
from rich.console import Console

from analytics_service.domain.files import LakeFile
from analytics_service.lake.folder import LakeFolder
from analytics_service.ports import Batch, ConflictError
from analytics_service.rolling_up import rollups_of
from analytics_service.storage.collections import Collections
from analytics_service.storage.manifest import MongoManifest
from analytics_service.wiring.parts import new_id
from bench.lakes import made
from bench.stacks import Platform
from service_kit import mongo

ROWS = 1_000_000
PART = 100_000
"""A sample of so many transfers is decided once, and stands in the lake as often as it takes."""
FAR = 1_000_000_000
"""Positions from here on are no ledger's: nothing waits for those before them, nothing compares them with a journal."""
NOT_MERGED = 9


def rows_asked_for() -> int:
    """ROWS of the environment, or a million. Raises ValueError where that is no number."""
    return int(os.environ.get("ROWS") or ROWS)


def enlarge(platform: Platform, rows: int, console: Console) -> int:
    """Add `rows` rows, rounded up to whole samples, of the ninety days before today; returns how many."""
    lake = made(console, PART)
    environment = platform.stack.env("analytics-web")
    folder = LakeFolder(Path(environment["LAKE_DIRECTORY"]), new_id)
    now = datetime.now(UTC)
    with console.status(f"writing {rows:,} rows into the lake"):
        files = [folder.write(day, table, now, NOT_MERGED) for day, table in repeated(lake, -(-rows // PART))]
        rollups = rollups_of(folder, files)
    client = mongo.connect(environment["MONGO_URL"], "drill")
    try:
        manifest = MongoManifest(Collections(client))
        while True:
            state = manifest.state()
            try:
                manifest.commit(state, state.covered, Batch(files, rollups, {}, now))
                break
            except ConflictError:
                continue  # the ingester has committed meanwhile
    finally:
        client.close()
    return sum(file.rows for file in files)


def repeated(lake: Path, copies: int) -> Iterator[tuple[str, pa.Table]]:
    """Each day's rows, `copies` times, at positions that are nobody's."""
    files = TypeAdapter(list[LakeFile]).validate_json((lake.parent / "files.json").read_bytes())
    by_day: dict[str, list[Path]] = defaultdict(list)
    for file in files:
        by_day[file.day].append(lake / file.path)
    step = max(file.last_position for file in files)
    for day, paths in sorted(by_day.items()):
        rows = pa.concat_tables([pq.read_table(path) for path in paths])
        at = rows.schema.get_field_index("position")
        for_each = [pc.add(rows["position"], FAR + copy * step) for copy in range(copies)]
        yield day, pa.concat_tables([rows.set_column(at, rows.schema.field(at), moved) for moved in for_each])
