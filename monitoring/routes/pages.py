"""The pages for people: the status of everything, and the journey of one transfer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from contracts.access_token import STAFF_ROLES
from monitoring.asking import SourceAway
from monitoring.forms import JourneyForm, trace_id_of, transfer_id_of
from monitoring.journey.journeys import Journeys
from monitoring.journey.stages import Journey
from monitoring.routes.documents import trace_url
from monitoring.runbooks import Runbooks
from monitoring.settings import WebSettings
from monitoring.status.board import Board
from monitoring.status.processes import by_service
from monitoring.status.results import last_hour, totals
from service_kit.auth import log_in_url, session_principal
from service_kit.errors import AuthUnavailable, NotFound
from service_kit.principal import Principal
from service_kit.web import page_routes

SOON = timedelta(minutes=1)
NOT_FOUND = 404
BAD_REQUEST = 400


def pages(board: Board, journeys: Journeys, runbooks: Runbooks, settings: WebSettings) -> Blueprint:
    """The blueprint, with what it needs handed in."""
    routes = page_routes("pages", __name__)
    views = _Pages(board, journeys, runbooks, settings)
    routes.add_url_rule("/", view_func=views.index)
    routes.add_url_rule("/status", view_func=views.status)
    routes.add_url_rule("/runbooks", view_func=views.runbooks)
    routes.add_url_rule("/runbooks/<name>", view_func=views.runbook)
    routes.add_url_rule("/journey", view_func=views.journey_form)
    routes.add_url_rule("/journey/<transfer_id>", view_func=views.journey)
    return routes


class _Pages:
    def __init__(self, board: Board, journeys: Journeys, runbooks: Runbooks, settings: WebSettings) -> None:
        self._board = board
        self._journeys = journeys
        self._runbooks = runbooks
        self._settings = settings

    def index(self) -> ResponseReturnValue:
        return redirect(url_for("pages.status"))

    def status(self) -> ResponseReturnValue:
        status = self._board.status()
        staff = _staff_looks()
        alerts = status.alerts if staff or status.alerts is None else [each.for_everybody() for each in status.alerts]
        return render_template(
            "status.html",
            status=status,
            alerts=alerts,
            groups=None if status.processes is None else by_service(status.processes),
            hour=last_hour(status.reconciliation or [], status.at),
            totals=totals(status.reconciliation or []),
            staff=staff,
            runbook_of=self._runbooks.url_of,
            symptom_of=self._runbooks.symptom,
            prometheus_url=self._settings.prometheus_public_url,
        )

    def runbooks(self) -> ResponseReturnValue:
        return render_template("runbooks.html", names=self._runbooks.names)

    def runbook(self, name: str) -> ResponseReturnValue:
        text = self._runbooks.text(name)
        if text is None:
            raise NotFound(_("No alert of this name has a runbook."))
        return render_template("runbook.html", name=name, text=text)

    def journey_form(self) -> ResponseReturnValue:
        if session_principal() is None:
            return self._to_log_in()
        form = JourneyForm(request.args)
        if not request.args:
            return render_template("journey_form.html", form=JourneyForm(None))
        if form.validate():
            return redirect(url_for("pages.journey", transfer_id=form.transfer_id.data))
        return render_template("journey_form.html", form=form), BAD_REQUEST

    def journey(self, transfer_id: str) -> ResponseReturnValue:
        principal = session_principal()
        if principal is None:
            return self._to_log_in()
        trace, known = trace_id_of(transfer_id), transfer_id_of(transfer_id)
        if trace is not None:
            return self._journey_of(trace, principal)
        if known is None:
            form = JourneyForm(None, data={"transfer_id": transfer_id})
            form.validate()
            return render_template("journey_form.html", form=form), BAD_REQUEST
        found = self._journeys.follow(known, principal)
        if found is None:
            return _not_found(transfer_id, _("No transfer of yours has this number."))
        return self._timeline(found, principal)

    def _journey_of(self, trace_id: str, who: Principal) -> ResponseReturnValue:
        try:
            found = self._journeys.follow_trace(trace_id, who)
        except SourceAway as away:
            why = _("%(source)s could not be asked: %(reason)s.", source=away.source, reason=away.reason)
            return _not_found(trace_id, why)
        if found is None:
            return _not_found(trace_id, _("No trace of a transfer of yours that was kept has this number."))
        return redirect(url_for("pages.journey", transfer_id=found.transfer.id))

    def _timeline(self, journey: Journey, who: Principal) -> ResponseReturnValue:
        page = render_template(
            "journey.html",
            journey=journey,
            traces=[trace_url(step.record, self._settings.zipkin_public_url) for step in journey.steps],
            staff=not STAFF_ROLES.isdisjoint(who.roles),
            party=journey.transfer.seen_by(who.user_id) is not None,
        )
        if journey.complete and not journey.sending:
            return page
        return page, 200, {"Refresh": _look_again(journey, datetime.now(UTC))}

    def _to_log_in(self) -> ResponseReturnValue:
        return redirect(log_in_url(self._settings, self._settings.monitoring_public_url))


def _not_found(number: str, why: str) -> ResponseReturnValue:
    form = JourneyForm(None, data={"transfer_id": number})
    return render_template("journey_form.html", form=form, problem=why), NOT_FOUND


def _look_again(journey: Journey, now: datetime) -> str:
    """In how many seconds: soon after a transfer, seldom where something has been missing for long."""
    return "2" if now - journey.transfer.last.at < SOON else "15"


def _staff_looks() -> bool:
    """Whether names may be shown. Nobody's, while auth is away: the page comes all the same."""
    try:
        principal = session_principal()
    except AuthUnavailable:
        return False
    return principal is not None and not STAFF_ROLES.isdisjoint(principal.roles)
