"""Runs reports over files: with Pandas while the legs fit in memory at ease, with Dask above that. Same answer.

Dask gets one task a file, which reads the columns that are needed and gives back groups and sums; so memory holds a
few files at once, whatever the lake's size.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from analytics_service.filters import Selection
from analytics_service.lake.reading import no_legs, read_legs
from analytics_service.reports import Report
from service_kit.errors import Unavailable

PANDAS, DASK = "pandas", "dask"
PANDAS_ROWS_MAX = 1_000_000
CONNECT_SECONDS = 10

Compute = Callable[[list[Any]], Sequence[Any]]


class EngineUnavailable(Unavailable):
    """The cluster that large reports are run on is away; small ones go on."""

    code = "engine_unavailable"
    title = "Large reports are not available right now"


class Engine:
    """Reports over any number of files."""

    def __init__(self, compute: Compute, pandas_rows_max: int = PANDAS_ROWS_MAX) -> None:
        """`compute` runs Dask's delayed values; more than `pandas_rows_max` rows are handed to it."""
        self._compute = compute
        self._pandas_rows_max = pandas_rows_max

    def name(self, rows: int) -> str:
        """Which engine so many rows are for."""
        return PANDAS if rows <= self._pandas_rows_max else DASK

    def run(
        self, reports: Sequence[Report], files: Sequence[Path], rows: int, selection: Selection, limit: int
    ) -> Mapping[str, pd.DataFrame]:
        """Each report's answer by its name; `rows` is how many rows the files have. The files are read once.

        All `reports` select the same for `selection` (`Report.selects`).
        """
        if self.name(rows) == DASK:
            parts = self._in_parallel(reports, files, selection)
        else:
            parts = [[part] for part in _parts_of(reports, files, selection)]
        return {
            report.name: report.of_parts(of_report, selection, limit)
            for report, of_report in zip(reports, parts, strict=True)
        }

    def _in_parallel(
        self, reports: Sequence[Report], files: Sequence[Path], selection: Selection
    ) -> list[list[pd.DataFrame]]:
        # Dask takes a second to import, and most lakes never need it.
        from dask.delayed import delayed

        measure = delayed(_parts_of, pure=False, traverse=False)
        by_file = self._compute([measure(reports, [file], selection) for file in files])
        return [list(of_report) for of_report in zip(*by_file, strict=True)]


def _parts_of(reports: Sequence[Report], files: Sequence[Path], selection: Selection) -> list[pd.DataFrame]:
    columns = frozenset[str]().union(*(report.reads for report in reports))
    wanted = reports[0].selects(selection)
    tables = [no_legs(columns), *(read_legs(file, wanted, columns) for file in files)]
    legs = pa.concat_tables(tables).to_pandas()
    return [report.part(legs, selection) for report in reports]


def on_threads(tasks: list[Any]) -> Sequence[Any]:
    """Dask in this process: Arrow and NumPy release the interpreter's lock, and nothing is copied."""
    import dask

    computed: Sequence[Any] = dask.compute(*tasks, scheduler="threads")
    return computed


def on_cluster(address: str) -> Compute:
    """Dask at a scheduler; its workers must have this code, and see the lake's folder under the same path."""

    def compute(tasks: list[Any]) -> Sequence[Any]:
        from distributed import Client

        try:
            client = Client(address, timeout=CONNECT_SECONDS)
        except OSError:
            raise EngineUnavailable("The Dask scheduler does not answer.", retry_after=10) from None
        with client:
            return [future.result() for future in client.compute(tasks)]

    return compute
