"""The page that builds a report: any of them, with any filter, shown, kept as a link, downloaded or run as a job."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from analytics_service.exports import FORMATS
from analytics_service.figures.built import sheet_of
from analytics_service.figures.view import View
from analytics_service.filters import MAX_POSITION
from analytics_service.forms import BuildForm
from analytics_service.job_forms import ActForm
from analytics_service.reports import LIMIT, REPORTS
from analytics_service.routes.asking import integer, whose
from analytics_service.routes.zone import asked_or_remembered, remember
from analytics_service.settings import WebSettings
from analytics_service.use_cases.exports import AnalystsOnly, for_analysts
from analytics_service.use_cases.reports import Reports
from service_kit.auth import log_in_url, session_principal
from service_kit.web import page_routes


def builder_pages(reports: Reports, settings: WebSettings) -> Blueprint:
    """The blueprint, with what it needs handed in."""
    routes = page_routes("builder", __name__)
    routes.after_request(remember)

    @routes.get("/reports/build")
    def build() -> ResponseReturnValue:
        principal = session_principal()
        if principal is None:
            return redirect(log_in_url(settings, settings.analytics_public_url))
        viewer = whose(principal)
        own, name = viewer is not None, request.args.get("report", "")
        if own and for_analysts(name):
            raise AnalystsOnly
        form = BuildForm(own=own, formdata=asked_or_remembered())
        shared = {"form": form, "own": own}
        if not name:
            # Nothing is read before somebody says what to read.
            return render_template("build.html", **shared, sheet=None)
        if not form.validate():
            return render_template("build.html", **shared, sheet=None), 400
        selection = form.selection().seen_by(viewer)
        missing = REPORTS[name].misses(selection) if name in REPORTS else None
        if missing:
            form[missing].errors = [*form[missing].errors, _("This report is of one: say which.")]
            return render_template("build.html", **shared, sheet=None), 400
        view = View(selection, own=own)
        cursor = integer("cursor", 0, 1, MAX_POSITION) or None
        return render_template(
            "build.html",
            **shared,
            sheet=sheet_of(name, reports, view, form.limit.data or LIMIT, cursor),
            query=form.link(),
            zone=view.zone,
            FORMATS=FORMATS,
            order=ActForm(formdata=None),
        )

    return routes
