"""The page of risk, for analysts: a pattern, its thresholds, and each finding with its picture and its proof."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from analytics_service.exports import FORMATS
from analytics_service.figures.nets import SIZE, net_of, steps_of
from analytics_service.filters import BadFilterError, selection_of
from analytics_service.job_forms import ActForm
from analytics_service.reports.risk.patterns import RISK_REPORTS
from analytics_service.risk_forms import thresholds_as_typed, thresholds_form, thresholds_set
from analytics_service.routes.asking import whose
from analytics_service.settings import WebSettings
from analytics_service.use_cases.exports import AnalystsOnly
from analytics_service.use_cases.reports import Reports
from service_kit.auth import log_in_url, session_principal
from service_kit.errors import NotFound
from service_kit.web import page_routes

SHOWN = 20
FILTERS = ("from", "to", "currency")
FIRST = "fan_in"


def risk_pages(reports: Reports, settings: WebSettings) -> Blueprint:
    """The blueprint, with what it needs handed in."""
    routes = page_routes("risk_pages", __name__)

    @routes.get("/risk")
    def risk() -> ResponseReturnValue:
        principal = session_principal()
        if principal is None:
            return redirect(log_in_url(settings, settings.analytics_public_url))
        if whose(principal) is not None:
            raise AnalystsOnly
        name = request.args.get("pattern", FIRST)
        if name not in RISK_REPORTS:
            raise NotFound(f"The patterns are {', '.join(RISK_REPORTS)}.")
        report = RISK_REPORTS[name]
        form = thresholds_form(report, request.args)
        shared = {"form": form, "report": report, "pattern": name, "patterns": RISK_REPORTS}
        asked = {name: form[name].data for name in FILTERS if form[name].data}
        try:
            selection = selection_of(asked)
        except BadFilterError as error:
            form.validate()
            form[error.name].errors = [*form[error.name].errors, str(error)]
            return render_template("risk.html", **shared, answer=None), 400
        if not form.validate():
            return render_template("risk.html", **shared, answer=None), 400
        answer = reports.answer([report.tuned(thresholds_set(report, form))], selection, SHOWN)
        found = [{"row": row, "net": net_of(row), "steps": steps_of(row)} for row in answer.figures[report.name]]
        return render_template(
            "risk.html",
            **shared,
            answer=answer,
            found=found,
            size=SIZE,
            shown=SHOWN,
            order=ActForm(formdata=None),
            ordered={"report": report.name, **asked, **thresholds_as_typed(report, form)},
            FORMATS=FORMATS,
        )

    return routes
