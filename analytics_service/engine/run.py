"""Reports over any number of files, with the engine that is for so many rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar

import pandas as pd
import pyarrow as pa

from analytics_service.engine.cluster import on_cluster
from analytics_service.engine.pieces import CONDENSED_PIECE_ROWS, PIECE_ROWS, Piece, ReportFile, pieces_of
from analytics_service.engine.threads import Threads
from analytics_service.engine.work import Parts, Work, Workers, here
from analytics_service.filters import Selection
from analytics_service.lake.condensing import condensed
from analytics_service.lake.reading import no_legs, read_legs
from analytics_service.reports import Report

PANDAS, DASK = "pandas", "dask"
PANDAS_ROWS_MAX = 250_000
"""Where Dask begins to be quicker, by `python -m bench engines`: two processors need two pieces."""

AnyReport = TypeVar("AnyReport", bound=Report)
Watch = Callable[[int, int], None]
"""Told how many files are done, of how many; may raise to stop the run."""


def engine_of(address: str | None, pandas_rows_max: int, memory_bytes: int) -> Engine:
    """On the Dask cluster at `address`, or on threads of this process."""
    return Engine(on_cluster(address) if address else Threads(memory_bytes), pandas_rows_max)


class Engine:
    """Reports over any number of files."""

    def __init__(
        self,
        workers: Workers,
        pandas_rows_max: int = PANDAS_ROWS_MAX,
        piece_rows: int = PIECE_ROWS,
        condensed_piece_rows: int = CONDENSED_PIECE_ROWS,
    ) -> None:
        """More than `pandas_rows_max` rows are for Dask's `workers`; files are read together up to `piece_rows`, or
        `condensed_piece_rows` for reports that can do with legs added up."""
        self._workers = workers
        self._pandas_rows_max = pandas_rows_max
        self._piece_rows = piece_rows
        self._condensed_piece_rows = condensed_piece_rows

    def name(self, rows: int) -> str:
        """Which engine so many rows are for."""
        return PANDAS if rows <= self._pandas_rows_max else DASK

    def run(
        self,
        reports: Sequence[Report],
        files: Sequence[ReportFile],
        selection: Selection,
        limit: int,
        watch: Watch | None = None,
    ) -> Mapping[str, pd.DataFrame]:
        """Each report's answer by its name. The files are read once, but for reports that must know something first.

        All `reports` select the same for `selection` (`Report.selects`). `watch` is called as the files are done, in
        the caller's thread; what it raises is raised here, once the few pieces under way have ended.
        """
        workers = self._workers_for(files)
        rows_max = self._condensed_piece_rows if _condense(reports) else self._piece_rows
        pieces = tuple(pieces_of(files, rows_max))
        ready = [self.prepared(report, files, selection, watch) for report in reports]
        parts = workers(_work(ready, pieces, selection, _counting(watch, len(files))))
        return {
            report.name: report.answer_of(part, selection, limit) for report, part in zip(ready, parts, strict=True)
        }

    def prepared(
        self, report: AnyReport, files: Sequence[ReportFile], selection: Selection, watch: Watch | None = None
    ) -> AnyReport:
        """The report once it knows what it must know of the files first; harmless where it does.

        That isn't counted in what `watch` is told, and `watch` may stop it like the rest.
        """
        workers = self._workers_for(files)
        pieces = tuple(pieces_of(files, self._piece_rows))

        def ask(asked: Report) -> pd.DataFrame:
            [part] = workers(_work([asked], pieces, selection, _counting(watch, len(files), each=0)))
            return part

        return report.prepared(ask)

    def _workers_for(self, files: Sequence[ReportFile]) -> Workers:
        return here if self.name(sum(file.rows for file in files)) == PANDAS else self._workers


def _work(
    reports: Sequence[Report], pieces: Sequence[Piece], selection: Selection, done: Callable[[Piece], None]
) -> Work:
    return Work(
        pieces, partial(_measured, tuple(reports), selection), partial(_combined, tuple(reports), selection), done
    )


def _counting(watch: Watch | None, total: int, each: int = 1) -> Callable[[Piece], None]:
    done = 0

    def count(piece: Piece) -> None:
        nonlocal done
        done += each * len(piece)
        if watch is not None:
            watch(done, total)

    return count


def _measured(reports: Sequence[Report], selection: Selection, piece: Piece) -> Parts:
    columns = frozenset[str]().union(*(report.reads for report in reports))
    wanted = reports[0].selects(selection)
    if _condense(reports):
        of_files = (condensed(read_legs(file, wanted, columns, encoded=True)) for file in piece)
    else:
        of_files = (read_legs(file, wanted, columns) for file in piece)
    legs = pa.concat_tables([no_legs(columns), *of_files]).to_pandas()
    return [report.part(legs, selection) for report in reports]


def _condense(reports: Sequence[Report]) -> bool:
    return all(report.condenses for report in reports)


def _combined(reports: Sequence[Report], selection: Selection, parts: Sequence[Parts]) -> Parts:
    if not parts:
        return _measured(reports, selection, ())
    return [report.combined(of_report) for report, of_report in zip(reports, zip(*parts, strict=True), strict=True)]
