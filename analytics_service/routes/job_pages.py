"""The pages of jobs: all of a person's with how far they are, and one. They need no JavaScript."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from analytics_service.document import operations
from analytics_service.domain.job_errors import JobIsOver, TooManyJobs
from analytics_service.exports import FORMATS
from analytics_service.filters import zones
from analytics_service.job_forms import ActForm, order_of_form
from analytics_service.presentation import STATES
from analytics_service.reports.risk.patterns import RISK_REPORTS
from analytics_service.risk_forms import CURRENCIES, label_of, threshold_field, without
from analytics_service.routes.jobs import asker_of, job_view, sent
from analytics_service.routes.ordering import order_of
from analytics_service.routes.zone import remembered
from analytics_service.settings import WebSettings
from analytics_service.use_cases.exports import offered, title_of
from analytics_service.use_cases.jobs import Asker, AskForJobs
from service_kit.auth import log_in_url, session_principal
from service_kit.errors import InvalidRequest
from service_kit.web import page_routes

LENGTH = 20


def job_pages(jobs: AskForJobs, settings: WebSettings) -> Blueprint:
    """The blueprint, with what it needs handed in."""
    routes = page_routes("job_pages", __name__, url_prefix="/jobs")
    pages = _Pages(jobs)

    def add(rule: str, act: Callable[..., ResponseReturnValue], method: str = "POST") -> None:
        def as_person(**place: str) -> ResponseReturnValue:
            principal = session_principal()
            if principal is None:
                back = url_for("job_pages.overview") if method == "POST" else None
                return redirect(log_in_url(settings, settings.analytics_public_url, back))
            return act(asker_of(principal), **place)

        routes.add_url_rule(rule, endpoint=act.__name__, view_func=as_person, methods=[method])

    add("", pages.overview, "GET")
    add("", pages.order)
    add("/<id>", pages.one, "GET")
    add("/<id>/result", pages.result, "GET")
    add("/<id>/cancel", pages.cancel)
    add("/<id>/delete", pages.delete)
    return routes


class _Pages:
    """A method for each; each gets who is asking."""

    def __init__(self, jobs: AskForJobs) -> None:
        self._jobs = jobs

    def overview(self, asker: Asker) -> ResponseReturnValue:
        before = request.args.get("before") or None
        everybody = asker.sees_all and request.args.get("whose") == "everybody"
        page = self._jobs.page(asker, before, LENGTH, everybody=everybody)
        return render_template(
            "jobs.html",
            jobs=[job_view(seen) for seen in page.jobs],
            next_before=page.next_before,
            before=before,
            everybody=everybody,
            asker=asker,
            form=ActForm(formdata=None),
            zone=remembered() or "UTC",
            zones=sorted(zones()),
            **WORDS_OF_JOBS,
        )

    def one(self, asker: Asker, id: str) -> ResponseReturnValue:
        job = job_view(self._jobs.one(asker, id))
        return render_template("job.html", job=job, asker=asker, form=ActForm(formdata=None), **WORDS_OF_JOBS)

    def order(self, asker: Asker) -> ResponseReturnValue:
        """What cannot be made is said on the page of jobs; the browser leads back to the form."""
        try:
            asked = order_of_form(request.form)
            wrong = operations().schema("Order").mistakes(asked)
            if wrong:
                raise InvalidRequest(wrong[0]["pointer"].removeprefix("#/") + ": " + wrong[0]["detail"])
            seen, _is_new = self._jobs.order(asker, order_of(asked, asker.viewer))
        except InvalidRequest as refused:
            flash(_("This can't be made: %(why)s", why=refused.detail), "danger")
        except TooManyJobs as refused:
            flash(_("You have as many jobs waiting as there may be. %(why)s", why=refused.detail), "danger")
        else:
            return redirect(url_for("job_pages.one", id=seen.job.id), 303)
        return redirect(url_for("job_pages.overview"), 303)

    def result(self, asker: Asker, id: str) -> ResponseReturnValue:
        return sent(self._jobs.download(asker, id))

    def cancel(self, asker: Asker, id: str) -> ResponseReturnValue:
        try:
            self._jobs.cancel(asker, id)
            flash(_("It is cancelled."), "success")
        except JobIsOver:
            flash(_("It was over already."), "info")
        return redirect(url_for("job_pages.one", id=id), 303)

    def delete(self, asker: Asker, id: str) -> ResponseReturnValue:
        self._jobs.delete(asker, id)
        flash(_("It is deleted."), "success")
        return redirect(url_for("job_pages.overview"), 303)


WORDS_OF_JOBS = {
    "STATES": STATES,
    "FORMATS": FORMATS,
    "CURRENCIES": CURRENCIES,
    "RISK_REPORTS": RISK_REPORTS.values(),
    "threshold_field": threshold_field,
    "label_of": label_of,
    "without": without,
    "offered": offered,
    "title_of": title_of,
}
