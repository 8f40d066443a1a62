"""Figures and rows of what a filter selects. Every answer comes from one snapshot of the manifest."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd
import pyarrow as pa

from analytics_service.domain.covered import Watermark
from analytics_service.domain.files import LakeFile
from analytics_service.domain.rows import Row
from analytics_service.engine import DASK, PANDAS, AnyReport, Engine, ReportFile, Watch
from analytics_service.exports.content import BATCH_ROWS
from analytics_service.filters import Selection
from analytics_service.lake.folder import LakeFolder
from analytics_service.lake.ordering import latest_first
from analytics_service.lake.reading import read_legs
from analytics_service.metrics import ReportMetrics
from analytics_service.ports import Manifest
from analytics_service.reports import LIMIT, Report
from analytics_service.reports.columns import COLUMNS
from analytics_service.reports.report import ROWS_MAX, require_at_most

ROW_SCHEMA = tuple(
    replace(COLUMNS[name], description="what that payee got, or was to get") if name == "amount" else COLUMNS[name]
    for name in (
        "position",
        "event_id",
        "transfer_id",
        "occurred_at",
        "type",
        "status",
        "reason",
        "original",
        "amount",
        "currency",
        "direction",
        "payer_account",
        "payee_account",
        "origin",
    )
)
"""Of the records of transfers, one row per payee. Balances aren't among them: a payee's is nobody else's business."""
ROW_COLUMNS = tuple(column.name for column in ROW_SCHEMA)


@dataclass(frozen=True)
class Answer:
    """Figures, by the report's name, and up to where they are complete."""

    figures: Mapping[str, list[Row]]
    complete_upto: Watermark
    engine: str


@dataclass(frozen=True)
class Page:
    """Transfers, latest first. `next_cursor` is the position to go on below; None at the end."""

    rows: list[Row]
    complete_upto: Watermark
    next_cursor: int | None


class Reports:
    """Figures and rows of what a selection selects."""

    def __init__(
        self,
        manifest: Manifest,
        folder: LakeFolder,
        engine: Engine,
        metrics: ReportMetrics,
        monotonic: Callable[[], float],
    ) -> None:
        self._manifest = manifest
        self._folder = folder
        self._engine = engine
        self._metrics = metrics
        self._monotonic = monotonic

    def answer(
        self, reports: Sequence[Report], selection: Selection, limit: int = LIMIT, watch: Watch | None = None
    ) -> Answer:
        """All of `reports` on the same transfers, which are read once for all that select the same.

        `engine` is that of the larger part. `watch` is told how many files are done, of how many in all, and may raise
        to stop it. Raises FiguresTooLargeError and TooManyFiguresError.
        """
        lake = self._manifest.snapshot()
        together: dict[Selection, list[Report]] = defaultdict(list)
        for report in reports:
            together[report.selects(selection)].append(report)
        tables: dict[str, pd.DataFrame] = {}
        engines = set()
        read = {wanted: [file for file in lake.files if wanted.may_be_in(file)] for wanted in together}
        before, total = 0, sum(map(len, read.values()))
        for wanted, group in together.items():
            began = self._monotonic()
            files = self._readable(read[wanted])
            tables |= self._engine.run(group, files, selection, limit, _further(watch, before, total))
            before += len(files)
            engine = self._engine.name(sum(file.rows for file in files))
            engines.add(engine)
            for report in group:
                self._metrics.report_duration.labels(report.name, engine).observe(self._monotonic() - began)
        figures = {report.name: _rows(tables[report.name]) for report in reports}
        return Answer(figures, lake.watermark, DASK if DASK in engines else PANDAS)

    def _readable(self, files: Sequence[LakeFile]) -> list[ReportFile]:
        return [ReportFile(self._folder.path(file.path), file.rows) for file in files]

    def prepared(self, report: AnyReport, selection: Selection) -> AnyReport:
        """The report with what it must know of the selection first, so that it can be asked of a larger one."""
        files = [file for file in self._manifest.snapshot().files if selection.may_be_in(file)]
        return self._engine.prepared(report, self._readable(files), selection)

    def complete_upto(self) -> Watermark:
        """Up to where the lake is complete."""
        return self._manifest.state().covered.watermark

    def page(self, selection: Selection, below: int | None, limit: int) -> Page:
        """At least `limit` rows from below a position where there are so many; a transfer's legs stay together."""
        if below is not None:
            upto = below - 1 if selection.upto is None else min(below - 1, selection.upto)
            selection = replace(selection, upto=upto)
        watermark, batches = self.batches(selection)
        rows: list[Row] = []
        for row in (row for batch in batches for row in batch.to_pylist()):
            if len(rows) >= limit and row["position"] != rows[-1]["position"]:
                return Page(rows, watermark, rows[-1]["position"])
            rows.append(row)
        return Page(rows, watermark, None)

    def size(self, selection: Selection) -> int:
        """How many rows the files have that are read for it."""
        return sum(file.rows for file in self._manifest.snapshot().files if selection.may_be_in(file))

    def batches(self, selection: Selection, watch: Watch | None = None) -> tuple[Watermark, Iterator[pa.RecordBatch]]:
        """Every row, latest first, with the columns of ROW_SCHEMA; files are read as their rows are asked for.

        `watch` is told before each file how many are done, of how many in all.
        """
        lake = self._manifest.snapshot()
        files = [file for file in lake.files if selection.may_be_in(file)]

        done = itertools.count()

        def read(file: LakeFile) -> pa.Table:
            if watch is not None:
                watch(next(done), len(files))
            return read_legs(self._folder.path(file.path), selection, ROW_COLUMNS)

        return lake.watermark, _batches(latest_first(files, read))


def _batches(tables: Iterator[pa.Table]) -> Iterator[pa.RecordBatch]:
    for table in tables:
        yield from table.select(ROW_COLUMNS).to_batches(BATCH_ROWS)


def _further(watch: Watch | None, before: int, total: int) -> Watch | None:
    """Of a run among several: what was done before it counts."""
    return None if watch is None else lambda done, _: watch(before + done, total)


def _rows(table: pd.DataFrame) -> list[Row]:
    require_at_most(ROWS_MAX, table)
    objects = table.astype(object)
    rows: list[Row] = objects.where(table.notna(), None).to_dict("records")
    return rows
