"""Several small files as one table, with the time at which each row came into the lake kept."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from analytics_service.domain.files import LakeFile
from analytics_service.lake.folder import LakeFolder
from analytics_service.lake.schema import LAKE, TIME


def merged(folder: LakeFolder, files: Sequence[LakeFile]) -> pa.Table:
    """The rows of `files`. The manifest's time of a file becomes its rows' own, for the file itself goes."""
    return pa.concat_tables([_with_commit_time(folder, file) for file in files])


def _with_commit_time(folder: LakeFolder, file: LakeFile) -> pa.Table:
    table = pq.read_table(folder.path(file.path), schema=LAKE, partitioning=None)
    at = LAKE.get_field_index("committed_at")
    known = pc.fill_null(table["committed_at"], pa.scalar(file.committed_at, TIME))
    return table.set_column(at, LAKE.field(at), known)
