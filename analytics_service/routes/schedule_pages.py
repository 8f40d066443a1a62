"""The page of a person's schedules: all of them, and a form for another one. It needs no JavaScript."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from analytics_service.domain.job_errors import TooManySchedules
from analytics_service.filters import zones
from analytics_service.job_forms import ActForm
from analytics_service.presentation import WEEKDAYS
from analytics_service.routes.asking import whose
from analytics_service.routes.job_pages import WORDS_OF_JOBS
from analytics_service.routes.jobs import asker_of
from analytics_service.routes.schedules import schedule_view, wish_of
from analytics_service.routes.zone import remembered
from analytics_service.schedule_form import EVERY, PERIODS, ScheduleForm
from analytics_service.settings import WebSettings
from analytics_service.use_cases.schedules import Schedules
from service_kit.auth import Principal, log_in_url, session_principal
from service_kit.errors import InvalidRequest
from service_kit.web import page_routes


def schedule_pages(schedules: Schedules, settings: WebSettings) -> Blueprint:
    """The blueprint, with what it needs handed in."""
    routes = page_routes("schedule_pages", __name__, url_prefix="/jobs/schedules")
    pages = _Pages(schedules)

    def add(rule: str, act: Callable[..., ResponseReturnValue], method: str = "POST") -> None:
        def as_person(**place: str) -> ResponseReturnValue:
            person = session_principal()
            if person is None:
                back = url_for("schedule_pages.overview")
                return redirect(log_in_url(settings, settings.analytics_public_url, back))
            return act(person, **place)

        routes.add_url_rule(rule, endpoint=act.__name__, view_func=as_person, methods=[method])

    add("", pages.overview, "GET")
    add("", pages.make)
    add("/<id>/delete", pages.delete)
    return routes


class _Pages:
    """A method for each; each gets who is asking."""

    def __init__(self, schedules: Schedules) -> None:
        self._schedules = schedules

    def overview(self, person: Principal) -> ResponseReturnValue:
        return self._page(person, ScheduleForm(own=whose(person) is not None, formdata=None, zone=remembered()))

    def make(self, person: Principal) -> ResponseReturnValue:
        form = ScheduleForm(own=whose(person) is not None)
        if not form.validate():
            return self._page(person, form), 400
        try:
            self._schedules.make(person.user_id, *wish_of(form.body(request.form), whose(person)))
        except InvalidRequest as refused:
            flash(_("This can't be made: %(why)s", why=refused.detail), "danger")
            return self._page(person, form), 400
        except TooManySchedules:
            flash(_("You have as many schedules as a person may have. Delete one first."), "danger")
            return self._page(person, form), 409
        flash(_("It is kept."), "success")
        return redirect(url_for("schedule_pages.overview"), 303)

    def delete(self, person: Principal, id: str) -> ResponseReturnValue:
        self._schedules.delete(person.user_id, id)
        flash(_("It is deleted."), "success")
        return redirect(url_for("schedule_pages.overview"), 303)

    def _page(self, person: Principal, form: ScheduleForm) -> str:
        return render_template(
            "schedules.html",
            schedules=[schedule_view(each) for each in self._schedules.all(person.user_id)],
            asker=asker_of(person),
            form=form,
            act=ActForm(formdata=None),
            zones=sorted(zones()),
            EVERY=EVERY,
            PERIODS=PERIODS,
            WEEKDAYS=WEEKDAYS,
            **WORDS_OF_JOBS,
        )
