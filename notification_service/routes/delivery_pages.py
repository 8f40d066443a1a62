"""The page of administrators: what went out, what is dead and why, and the buttons that try it again."""

from __future__ import annotations

import re

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from notification_service.domain import ADMIN, DeliveryState
from notification_service.forms import RedriveForm
from notification_service.ports import People
from notification_service.settings import WebSettings
from notification_service.use_cases.outgoing import DeliveryNotDead, Outgoing, OutgoingPage
from service_kit.auth import Principal, log_in_url, session_principal
from service_kit.errors import Forbidden, InvalidRequest
from service_kit.web import page_routes

PAGE_LENGTH = 20
_ORDER = re.compile(r"[0-9]{13}-[0-9a-z.-]{1,200}")


def delivery_pages(outgoing: Outgoing, people: People, settings: WebSettings) -> Blueprint:
    """`/deliveries`."""
    routes = page_routes("delivery_pages", __name__, url_prefix="/deliveries")
    views = _Pages(outgoing, people, settings)
    routes.add_url_rule("", view_func=views.deliveries)
    routes.add_url_rule("/redrive", view_func=views.redrive_all, methods=["POST"])
    routes.add_url_rule("/<id>/redrive", view_func=views.redrive, methods=["POST"])
    return routes


class _Pages:
    def __init__(self, outgoing: Outgoing, people: People, settings: WebSettings) -> None:
        self._outgoing = outgoing
        self._people = people
        self._settings = settings

    def deliveries(self) -> ResponseReturnValue:
        if session_principal() is None:
            return redirect(log_in_url(self._settings, self._settings.notification_public_url))
        _administrator()
        state, before = _state(), _before()
        page = self._outgoing.page(before, PAGE_LENGTH, state)
        return render_template(
            "deliveries.html",
            page_of=page,
            names=self._names(page),
            state=state,
            states={
                DeliveryState.DEAD: _("Dead"),
                DeliveryState.PENDING: _("Waiting"),
                DeliveryState.DELIVERED: _("Delivered"),
                DeliveryState.CANCELLED: _("Cancelled"),
            },
            channels={"email": _("E-mail"), "webhook": _("Webhook")},
            before=before,
            form=RedriveForm(),
        )

    def redrive(self, id: str) -> ResponseReturnValue:
        principal = _administrator()
        _checked()
        try:
            self._outgoing.redrive(id, principal.user_id)
        except DeliveryNotDead:
            flash(_("This one is not dead: it waits for its next attempt, or is over."), "warning")
        else:
            flash(_("It is tried again now."), "success")
        return redirect(url_for("delivery_pages.deliveries"), 303)

    def redrive_all(self) -> ResponseReturnValue:
        principal = _administrator()
        _checked()
        count = self._outgoing.redrive_dead(principal.user_id)
        text = ngettext("%(num)s delivery is tried again now.", "%(num)s deliveries are tried again now.", count)
        flash(text, "success")
        return redirect(url_for("delivery_pages.deliveries"), 303)

    def _names(self, page: OutgoingPage) -> dict[str, str]:
        return self._people.names({each.delivery.notification.user_id for each in page.records})


def _administrator() -> Principal:
    """By the role: a browser's session allows what everybody's does, and bears its person's roles."""
    principal = session_principal()
    if principal is None or ADMIN not in principal.roles:
        raise Forbidden(_("This page is for those who administer the platform."))
    return principal


def _checked() -> None:
    if not RedriveForm().validate_on_submit():
        raise InvalidRequest(_("Reload the page and try again."))


def _state() -> DeliveryState:
    """Which ones are looked at; a spoilt link shows the dead ones."""
    text = request.args.get("state", "")
    return DeliveryState(text) if text in list(DeliveryState) else DeliveryState.DEAD


def _before() -> str | None:
    before = request.args.get("before")
    return before if before and _ORDER.fullmatch(before) else None
