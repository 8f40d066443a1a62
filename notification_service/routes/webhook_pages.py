"""The webhooks' pages: all of a person's, one with its log, a secret that is shown once. They need no JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import MethodNotAllowed

from notification_service.domain.endpoint import (
    MOST_PER_PERSON,
    Endpoint,
    EndpointDisabled,
    StillOnItsWay,
    TooManyChanges,
    TooManyEndpoints,
    TooManyResends,
    TooManyTests,
)
from notification_service.domain.target import UrlNotAllowed
from notification_service.routes.webhooks import SHOWN_ONCE, delivery_view, view
from notification_service.settings import WebSettings
from notification_service.use_cases.webhooks import Webhooks, Wish
from notification_service.webhook_forms import ActForm, EndpointForm
from service_kit.auth import log_in_url, session_principal
from service_kit.clock import Clock
from service_kit.web import page_routes

LOG_LENGTH = 20


def webhook_pages(webhooks: Webhooks, settings: WebSettings, clock: Clock) -> Blueprint:
    """The blueprint, with what it needs handed in."""
    routes = page_routes("webhooks", __name__, url_prefix="/webhooks")
    pages = _Pages(webhooks, clock)

    def add(rule: str, act: Callable[..., ResponseReturnValue], method: str = "POST") -> None:
        def as_person(**place: str) -> ResponseReturnValue:
            principal = session_principal()
            if principal is None:
                back = url_for("webhooks.overview") if method == "POST" else None
                return redirect(log_in_url(settings, settings.notification_public_url, back))
            return act(principal.user_id, **place)

        routes.add_url_rule(rule, endpoint=act.__name__, view_func=as_person, methods=[method])

    add("", pages.overview, "GET")
    add("", pages.create)
    add("/<id>", pages.one, "GET")
    add("/<id>/secret", pages.secret, "GET")
    for rule, act in (
        ("", pages.change),
        ("/secret", pages.rotate),
        ("/test", pages.test),
        ("/enable", pages.enable),
        ("/disable", pages.disable),
        ("/delete", pages.delete),
        ("/deliveries/<delivery_id>/resend", pages.resend),
    ):
        add(f"/<id>{rule}", act)
    return routes


class _Pages:
    """A method for each; each gets who is asking."""

    def __init__(self, webhooks: Webhooks, clock: Clock) -> None:
        self._webhooks = webhooks
        self._clock = clock

    def overview(self, user_id: str) -> ResponseReturnValue:
        return self._overview(user_id, EndpointForm(formdata=None))

    def create(self, user_id: str) -> ResponseReturnValue:
        form = EndpointForm()
        if not form.validate():
            return self._overview(user_id, form), 400
        try:
            endpoint, _secret = self._webhooks.create(user_id, _wish(form), show_later=True)
        except UrlNotAllowed as refused:
            form.url.errors = [refused.detail]
            return self._overview(user_id, form), 400
        except TooManyEndpoints:
            flash(_("You have as many webhooks as a person may have. Delete one first."), "danger")
            return redirect(url_for("webhooks.overview"), 303)
        except TooManyChanges:
            _say_too_many()
            return self._overview(user_id, form), 429
        return redirect(url_for("webhooks.secret", id=endpoint.id), 303)

    def one(self, user_id: str, id: str) -> ResponseReturnValue:
        return self._one(user_id, self._webhooks.one(user_id, id))

    def change(self, user_id: str, id: str) -> ResponseReturnValue:
        endpoint, form = self._webhooks.one(user_id, id), EndpointForm()
        if not form.validate():
            return self._one(user_id, endpoint, form), 400
        try:
            self._webhooks.change(user_id, id, _wish(form))
        except UrlNotAllowed as refused:
            form.url.errors = [refused.detail]
            return self._one(user_id, endpoint, form), 400
        except TooManyChanges:
            _say_too_many()
            return self._one(user_id, endpoint, form), 429
        flash(_("Saved."), "success")
        return _back(id)

    def rotate(self, user_id: str, id: str) -> ResponseReturnValue:
        try:
            self._webhooks.rotate(user_id, id, show_later=True)
        except TooManyChanges:
            _say_too_many()
            return _back(id)
        return redirect(url_for("webhooks.secret", id=id), 303)

    def secret(self, user_id: str, id: str) -> ResponseReturnValue:
        """The one time that it is shown: no browser or proxy keeps this page. Whoever loads it again is told so.

        A HEAD request, which would use that time up and show nothing, is refused.
        """
        if request.method == "HEAD":
            raise MethodNotAllowed(["GET"])
        shown = self._webhooks.shown(user_id, id)
        endpoint = shown[0] if shown else self._webhooks.one(user_id, id)
        page = render_template(
            "webhook_secret.html",
            webhook=view(endpoint, self._clock.now()),
            secret=shown and shown[1],
            act=ActForm(formdata=None),
        )
        return make_response(page, 200 if shown else 410, SHOWN_ONCE)

    def test(self, user_id: str, id: str) -> ResponseReturnValue:
        try:
            self._webhooks.test(user_id, id)
        except EndpointDisabled:
            flash(_("Enable the webhook first."), "warning")
        except TooManyTests:
            flash(_("Those were many tests. Wait a minute."), "warning")
        else:
            flash(_("The test is on its way. Reload the page to see how it went."), "info")
        return _back(id)

    def enable(self, user_id: str, id: str) -> ResponseReturnValue:
        self._webhooks.switch(user_id, id, True)
        flash(_("The webhook is enabled. What was cancelled meanwhile can be sent again below."), "success")
        return _back(id)

    def disable(self, user_id: str, id: str) -> ResponseReturnValue:
        self._webhooks.switch(user_id, id, False)
        flash(_("The webhook is disabled. Nothing is sent until you enable it again."), "info")
        return _back(id)

    def delete(self, user_id: str, id: str) -> ResponseReturnValue:
        self._webhooks.delete(user_id, id)
        flash(_("The webhook is deleted."), "success")
        return redirect(url_for("webhooks.overview"), 303)

    def resend(self, user_id: str, id: str, delivery_id: str) -> ResponseReturnValue:
        try:
            self._webhooks.resend(user_id, id, delivery_id)
        except EndpointDisabled:
            flash(_("Enable the webhook first."), "warning")
        except StillOnItsWay:
            flash(_("This one is still being tried."), "info")
        except TooManyResends:
            flash(_("Those were many at once. Wait a minute."), "warning")
        else:
            flash(_("It is on its way again. Reload the page to see how it went."), "info")
        return _back(id)

    def _overview(self, user_id: str, form: EndpointForm) -> str:
        now, endpoints = self._clock.now(), self._webhooks.all(user_id)
        shown = [view(endpoint, now) for endpoint in endpoints]
        return render_template("webhooks.html", webhooks=shown, form=form, most=MOST_PER_PERSON)

    def _one(self, user_id: str, endpoint: Endpoint, form: EndpointForm | None = None) -> str:
        log = self._webhooks.log(user_id, endpoint.id, request.args.get("before"), LOG_LENGTH)
        return render_template(
            "webhook.html",
            webhook=view(endpoint, self._clock.now()),
            form=form or EndpointForm(formdata=None, data=_data(endpoint)),
            act=ActForm(formdata=None),
            deliveries=[
                delivery_view(each, endpoint, self._clock.now()) | {"to_be_tried_again": each.to_be_tried_again}
                for each in log.records
            ],
            before=request.args.get("before"),
            next_before=log.next_before,
        )


def _wish(form: EndpointForm) -> Wish:
    return Wish((form.url.data or "").strip(), (form.description.data or "").strip(), form.kinds.data or None)


def _data(endpoint: Endpoint) -> dict[str, Any]:
    return {"url": endpoint.url, "description": endpoint.description, "kinds": sorted(endpoint.kinds or ())}


def _say_too_many() -> None:
    flash(_("Those were many changes. Wait ten minutes."), "warning")


def _back(id: str) -> ResponseReturnValue:
    return redirect(url_for("webhooks.one", id=id), 303)
