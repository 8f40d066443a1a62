"""Rollups of a lake that is older than they are: read from its files, once, while the ingester goes on."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.parquet as pq

from analytics_service.domain.files import LakeFile
from analytics_service.domain.rollups import Bucket, added
from analytics_service.lake.folder import LakeFolder
from analytics_service.lake.rolling import rolled_up
from analytics_service.lake.schema import LAKE
from analytics_service.ports import ConflictError, Manifest
from service_kit.intervals import Intervals
from service_kit.logging import get_logger

log = get_logger(__name__)

COLUMNS = ["position", "occurred_at", "currency", "type", "status", "reason", "origin", "payees"]


def fill_rollups(manifest: Manifest, folder: LakeFolder) -> None:
    """Fill them where that has not been done; harmless otherwise.

    Until then no commit adds to them. What is committed while this reads is read next, until nothing came between:
    then all of it is put in place in one transaction, so that each position counts once.
    """
    counted, parts = Intervals(), list[Bucket]()
    while not (base := manifest.state()).rolled_up:
        # Not older than `base`; if it is younger, that has passed and nothing is written.
        lake = manifest.snapshot()
        for file in lake.files:
            parts += _uncounted(folder, file, counted)
        counted = Intervals.from_list((first, last) for first, last, _ in lake.covered.to_list())
        parts = added(parts)
        try:
            manifest.fill_rollups(base, parts)
        except ConflictError:
            continue
        log.info("rollups_filled", buckets=len(parts))


def rollups_of(folder: LakeFolder, files: Iterable[LakeFile]) -> list[Bucket]:
    """Of all the rows of the files; for whoever commits files that were made elsewhere."""
    nothing = Intervals()
    return added(bucket for file in files for bucket in _uncounted(folder, file, nothing))


def _uncounted(folder: LakeFolder, file: LakeFile, counted: Intervals) -> list[Bucket]:
    length = file.last_position - file.first_position + 1
    if counted.count_between(file.first_position - 1, file.last_position) == length:
        return []
    rows = pq.read_table(folder.path(file.path), columns=COLUMNS, schema=LAKE, partitioning=None)
    return rolled_up(rows.filter(pa.array(not counted.covers(position) for position in rows["position"].to_pylist())))
