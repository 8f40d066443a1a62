"""Any report, or the transfers themselves, as what can be exported: for an answer, a download or a job's result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType

from analytics_service.engine import Watch
from analytics_service.exports import About, Content, FiguresOf
from analytics_service.exports.content import in_batches
from analytics_service.filters import Selection
from analytics_service.reports import LIMIT, REPORTS, Report
from analytics_service.reports.thresholds import BadThresholdError
from analytics_service.use_cases.reports import ROW_SCHEMA, Reports
from service_kit.errors import Forbidden, InvalidRequest, NotFound

TRANSFERS = "transfers"
EXPORTS = (*REPORTS, TRANSFERS)
"""What can be exported, by name."""


def offered(own: bool) -> list[str]:
    """What somebody may ask for; `own`: they see nobody's figures but theirs."""
    return [name for name in EXPORTS if not (own and for_analysts(name))]


def for_analysts(name: str) -> bool:
    """Whether it is a report about people that the people themselves are not shown."""
    return name in REPORTS and REPORTS[name].analysts_only


def title_of(name: str) -> str:
    """What an export is called; its name, where this release doesn't know it."""
    return TRANSFERS.capitalize() if name == TRANSFERS else REPORTS[name].title if name in REPORTS else name


class AnalystsOnly(Forbidden):
    """A report about people that the people themselves are not shown."""

    code = "analysts_only"
    title = "This report is for analysts and administrators"


def report_for(figures_of: FiguresOf, name: str, thresholds: Mapping[str, int]) -> Report:
    """The report of that name as it was asked for.

    Raises:
        NotFound: there is none.
        AnalystsOnly: it isn't for who may see their own figures alone.
        InvalidRequest: a threshold can't be set so.
    """
    report = REPORTS.get(name)
    if report is None:
        raise NotFound(f"There are {', '.join(EXPORTS)}.")
    if report.analysts_only and figures_of == "own":
        raise AnalystsOnly
    try:
        return report.tuned(thresholds)
    except BadThresholdError as error:
        raise InvalidRequest(str(error), parameter=error.name) from None


def all_given(report: Report, selection: Selection) -> None:
    """Raises InvalidRequest where a filter isn't set that the report can't be made without."""
    missing = report.misses(selection)
    if missing:
        raise InvalidRequest(f"The report {report.name} needs the parameter {missing}.", parameter=missing)


def figures_of(viewer: str | None, selection: Selection) -> FiguresOf:
    """Whose figures a selection has: the viewer's own, one user's, or the platform's."""
    if viewer is not None:
        return "own"
    return "platform" if selection.user_id is None else "user"


class Exports:
    """Content for `exports.FORMATS`; what is to be written is read as it is written."""

    def __init__(self, reports: Reports, now: Callable[[], datetime]) -> None:
        self._reports = reports
        self._now = now

    def content(
        self,
        name: str,
        selection: Selection,
        figures_of: FiguresOf,
        limit: int = LIMIT,
        watch: Watch | None = None,
        thresholds: Mapping[str, int] = MappingProxyType({}),
    ) -> Content:
        """A report of `limit` rows of each kind, or every transfer.

        `watch` is told how many files are done, of how many in all: of a report before this returns, of transfers
        while the batches are read. It may raise to stop it.

        Raises:
            NotFound: nothing is called `name`.
            AnalystsOnly: it isn't for who may see their own figures alone.
            InvalidRequest: the report needs a filter that isn't set, or a threshold can't be set so.
        """
        if name == TRANSFERS:
            return self._transfers(selection, figures_of, watch)
        report = report_for(figures_of, name, thresholds)
        all_given(report, selection)
        answer = self._reports.answer([report], selection, limit, watch)
        about = About(figures_of, selection.as_asked(), answer.complete_upto, self._now(), answer.engine)
        rows = answer.figures[name]
        return Content(name, report.title, report.schema, in_batches(report.schema, rows), about, selection, rows)

    def _transfers(self, selection: Selection, figures_of: FiguresOf, watch: Watch | None) -> Content:
        watermark, batches = self._reports.batches(selection, watch)
        about = About(figures_of, selection.as_asked(), watermark, self._now())
        return Content(TRANSFERS, "Transfers", ROW_SCHEMA, batches, about, selection)
