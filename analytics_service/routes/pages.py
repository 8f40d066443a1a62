"""The report page, and its downloads: the same filter, the same rows."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from analytics_service.exports import FORMATS
from analytics_service.figures import MONEY, View, cards, drawings, tables
from analytics_service.forms import FilterForm
from analytics_service.metrics import WebMetrics
from analytics_service.presentation import SECTIONS
from analytics_service.reports import LIMIT, REPORTS
from analytics_service.routes.answers import download
from analytics_service.routes.asking import whose
from analytics_service.routes.zone import asked_or_remembered, remember
from analytics_service.settings import WebSettings
from analytics_service.use_cases.exports import Exports, figures_of
from analytics_service.use_cases.reports import Reports
from analytics_service.use_cases.statement import balances_of
from service_kit.auth import log_in_url, session_principal
from service_kit.errors import InvalidRequest, NotFound
from service_kit.web import page_routes

LATEST = 10


def pages(reports: Reports, exports: Exports, settings: WebSettings, metrics: WebMetrics) -> Blueprint:
    """The blueprint, with what it needs handed in."""
    routes = page_routes("pages", __name__)
    routes.after_request(remember)
    views = _Pages(reports, exports, settings, metrics)
    routes.add_url_rule("/reports", view_func=views.reports)
    routes.add_url_rule("/reports/<name>.<format>", view_func=views.export)
    return routes


class _Pages:
    def __init__(self, reports: Reports, exports: Exports, settings: WebSettings, metrics: WebMetrics) -> None:
        self._reports = reports
        self._exports = exports
        self._settings = settings
        self._metrics = metrics

    def reports(self) -> ResponseReturnValue:
        principal = session_principal()
        if principal is None:
            return self._log_in()
        form = FilterForm(formdata=asked_or_remembered())
        viewer = whose(principal)
        shared = {"form": form, "own": viewer is not None}
        if not form.validate():
            return render_template("reports.html", **shared, answer=None), 400
        selection = form.selection().seen_by(viewer)
        view = View(selection, own=viewer is not None, unit=form.unit, section=form.section)
        answer = self._reports.answer(view.reports(), selection)
        lines = answer.figures.get("statement")
        balances = None if lines is None else balances_of(self._reports, selection, lines)
        return render_template(
            "reports.html",
            **shared,
            query=form.link(),
            view=view,
            answer=answer,
            cards=cards(answer.figures, view),
            too_many=view.over_time(answer.figures) if view.too_many(answer.figures) else None,
            drawings=drawings(answer.figures, view),
            SECTIONS=SECTIONS,
            tables=tables(answer.figures, view, balances),
            latest=self._reports.page(selection, None, LATEST).rows if view.section == MONEY else (),
        )

    def export(self, name: str, format: str) -> ResponseReturnValue:
        principal = session_principal()
        if principal is None:
            return self._log_in()
        if format not in FORMATS:
            raise NotFound(_("There is no such format."))
        form = FilterForm(formdata=request.args)
        if not form.validate():
            raise InvalidRequest(_("This filter can't be used."))
        viewer = whose(principal)
        selection = form.selection().seen_by(viewer)
        report = REPORTS.get(name)
        limit = form.limit.data or LIMIT
        if form.limit.data and limit > (report.limit_max if report else 0):
            raise InvalidRequest(_("There are not that many rows of each kind."), parameter="limit")
        content = self._exports.content(name, selection, figures_of(viewer, selection), limit)
        return download(content, FORMATS[format], self._metrics)

    def _log_in(self) -> ResponseReturnValue:
        return redirect(log_in_url(self._settings, self._settings.analytics_public_url))
