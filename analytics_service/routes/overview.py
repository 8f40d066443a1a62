"""The first pages: the platform's overview for who may see it, and a person's own spending."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from analytics_service.figures.overview import HEIGHT, WIDTH, large_figures, worries
from analytics_service.figures.spending import biggest_of, cards_of, drawings_of, people_of
from analytics_service.figures.view import View
from analytics_service.forms import ZoneForm
from analytics_service.reports.periods import UTC
from analytics_service.routes.asking import whose
from analytics_service.routes.zone import asked_or_remembered, remember
from analytics_service.settings import WebSettings
from analytics_service.use_cases.days import Days
from analytics_service.use_cases.spending import Spending
from contracts.moments import rfc3339
from service_kit.auth import Principal, log_in_url, session_principal
from service_kit.web import page_routes


@dataclass(frozen=True)
class FirstPages:
    """What the pages ask."""

    days: Days
    spending: Spending


def overview_pages(asked: FirstPages, settings: WebSettings) -> Blueprint:
    """The blueprint, with what it needs handed in."""
    routes = page_routes("overview", __name__)
    routes.after_request(remember)
    views = _Pages(asked)

    def add(rule: str, view: Callable[[Principal], ResponseReturnValue]) -> None:
        def as_person() -> ResponseReturnValue:
            principal = session_principal()
            return view(principal) if principal else redirect(log_in_url(settings, settings.analytics_public_url))

        routes.add_url_rule(rule, endpoint=view.__name__, view_func=as_person)

    add("/", views.first)
    add("/overview", views.overview)
    add("/spending", views.spending)
    return routes


class _Pages:
    """A method for each; each gets who is asking."""

    def __init__(self, asked: FirstPages) -> None:
        self._asked = asked

    def first(self, principal: Principal) -> ResponseReturnValue:
        return redirect(url_for("overview.overview" if whose(principal) is None else "overview.spending"))

    def overview(self, principal: Principal) -> ResponseReturnValue:
        if whose(principal) is not None:
            return redirect(url_for("overview.spending"))
        form = ZoneForm(formdata=asked_or_remembered())
        if not form.validate():
            return render_template("overview.html", own=False, form=form, last=None), 400
        last = self._asked.days.last(form.zone.data or UTC)
        return render_template(
            "overview.html",
            own=False,
            form=form,
            last=last,
            large=large_figures(last),
            worries=worries(last),
            zone=form.zone.data or UTC,
            size=(WIDTH, HEIGHT),
        )

    def spending(self, principal: Principal) -> ResponseReturnValue:
        form = ZoneForm(formdata=asked_or_remembered())
        own = whose(principal) is not None
        if not form.validate():
            return render_template("spending.html", own=own, form=form, spent=None), 400
        spent = self._asked.spending.of(principal.user_id, form.zone.data or UTC)
        view = View(spent.selection, own=True)
        return render_template(
            "spending.html",
            own=own,
            form=form,
            spent=spent,
            view=view,
            # The downloads are of these months and this person alone, as the page is.
            query={"from": rfc3339(spent.beginning), "zone": view.zone, "user": principal.user_id},
            cards=cards_of(spent),
            drawings=drawings_of(spent, view),
            people=people_of(spent, view),
            biggest=biggest_of(spent, view),
        )
