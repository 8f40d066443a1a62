"""What the page that builds a report shows of it: a page of its rows, its charts, and where the next rows are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _

from analytics_service.domain.covered import Watermark
from analytics_service.domain.rows import Row
from analytics_service.figures.one_report import drawings_of
from analytics_service.figures.view import Drawing, View
from analytics_service.reports import REPORTS
from analytics_service.reports.columns import Column
from analytics_service.use_cases.exports import TRANSFERS
from analytics_service.use_cases.reports import ROW_SCHEMA, Reports

ROWS = 100


@dataclass(frozen=True)
class Sheet:
    """`first` counts from 1; `total` is None where nobody has counted. `next` is the cursor of the rows that follow."""

    name: str
    title: str
    description: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    complete_upto: Watermark
    drawings: Sequence[Drawing] = ()
    first: int = 1
    total: int | None = None
    next: int | None = None
    first_page: bool = False
    """Whether there is one before this."""


def sheet_of(name: str, reports: Reports, view: View, limit: int, cursor: int | None) -> Sheet:
    """Of transfers the cursor is the position to go on below; of a report how many of its rows have been shown."""
    if name == TRANSFERS:
        page = reports.page(view.selection, cursor, ROWS)
        return Sheet(
            name,
            _("Transfers"),
            _("What happened to transfers: a row for each record and payee."),
            ROW_SCHEMA,
            page.rows,
            page.complete_upto,
            next=page.next_cursor,
            first_page=cursor is not None,
        )
    report, done = REPORTS[name], cursor or 0
    answer = reports.answer([report], view.selection, limit)
    rows = answer.figures[name]
    return Sheet(
        name,
        report.title,
        report.description,
        report.schema,
        rows[done : done + ROWS],
        answer.complete_upto,
        drawings_of(name, rows, view),
        first=done + 1,
        total=len(rows),
        next=done + ROWS if done + ROWS < len(rows) else None,
        first_page=done > 0,
    )
