"""Reports and rows under /v1: read the request, call a use case, answer."""

from __future__ import annotations

from dataclasses import asdict

from flask import Blueprint, Response

from analytics_service.filters import FIELDS, MAX_POSITION
from analytics_service.metrics import WebMetrics
from analytics_service.presentation import complete
from analytics_service.reports import LIMIT, REPORTS, Report
from analytics_service.routes.answers import download
from analytics_service.routes.asking import format_asked, integer, reader, selection_asked, thresholds_of, whose
from analytics_service.use_cases.exports import TRANSFERS, Exports, all_given, figures_of, report_for
from analytics_service.use_cases.reports import ROW_COLUMNS, Reports
from service_kit.errors import NotFound
from service_kit.web import json_answer

JSON = "json"
PAGE = 100
PAGE_MAX = 1_000


def api_routes(reports: Reports, exports: Exports, metrics: WebMetrics) -> Blueprint:
    """The blueprint, with what it needs handed in."""
    api = Blueprint("api", __name__)

    @api.get("/v1/reports")
    def list_reports() -> Response:
        own = whose(reader()) is not None
        shown = [report for report in REPORTS.values() if not (own and report.analysts_only)]
        return json_answer({"reports": [_described(report) for report in shown]})

    @api.get("/v1/reports/<name>")
    def get_report(name: str) -> Response:
        user_id = whose(reader())
        report = REPORTS.get(name)
        if report is None:
            raise NotFound(f"The reports are {', '.join(REPORTS)}.")
        others = [threshold.name for threshold in report.thresholds] + ["limit"] * bool(report.limit_max)
        selection = selection_asked(user_id, ("format", *others))
        format, limit, thresholds = format_asked(), integer("limit", LIMIT, 1, report.limit_max), thresholds_of(report)
        whom = figures_of(user_id, selection)
        if format.name != JSON:
            return download(exports.content(name, selection, whom, limit, thresholds=thresholds), format, metrics)
        report = report_for(whom, name, thresholds)
        all_given(report, selection)
        answer = reports.answer([report], selection, limit)
        body = {
            "report": name,
            "figures_of": whom,
            "filter": selection.as_asked(),
            **complete(answer.complete_upto),
            "engine": answer.engine,
            "columns": report.columns,
            "rows": answer.figures[name],
        }
        return json_answer(body)

    @api.get("/v1/rows")
    def list_rows() -> Response:
        user_id = whose(reader())
        selection = selection_asked(user_id, ("format", "cursor", "limit"))
        format = format_asked()
        if format.name != JSON:
            return download(exports.content(TRANSFERS, selection, figures_of(user_id, selection)), format, metrics)
        below = integer("cursor", 0, 1, MAX_POSITION) or None
        page = reports.page(selection, below, integer("limit", PAGE, 1, PAGE_MAX))
        body = {
            "figures_of": figures_of(user_id, selection),
            "filter": selection.as_asked(),
            **complete(page.complete_upto),
            "columns": ROW_COLUMNS,
            "rows": page.rows,
            "next_cursor": None if page.next_cursor is None else str(page.next_cursor),
        }
        return json_answer(body)

    return api


def _described(report: Report) -> dict[str, object]:
    parameters = dict(FIELDS)
    if report.limit_max:
        parameters["limit"] = f"{report.limited_by}, 1 to {report.limit_max}; {LIMIT} without it"
    for each in report.thresholds:
        unit = ", in minor units" if each.is_money else ""
        parameters[each.name] = f"{each.description}{unit}, {each.least} to {each.most}; {each.default} without it"
    return {
        "name": report.name,
        "title": report.title,
        "description": report.description,
        "parameters": [
            {"name": name, "description": text, "required": name == report.needs} for name, text in parameters.items()
        ],
        "columns": report.columns,
        "schema": [asdict(column) for column in report.schema],
    }
