"""The settings page: what its person wants to be told, and how. It needs no JavaScript."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from notification_service.domain import Channel, Preferences, Subject, Watch
from notification_service.domain.preferences import ALWAYS
from notification_service.settings import WebSettings
from notification_service.settings_form import SettingsForm, settings_form
from notification_service.use_cases.preferences import Choosing
from service_kit.auth import log_in_url, session_principal
from service_kit.web import page_routes

SUBJECTS = {
    Subject.PAYMENTS: (_l("Payments"), _l("sent, received, paid in or out, paid back")),
    Subject.REJECTED: (_l("Payments that were not made"), _l("with the reason; scheduled ones too")),
    Subject.SCHEDULED: (_l("Scheduled transfers"), _l("made, called off")),
    Subject.HOLDS: (_l("Holds"), _l("placed, taken, called off, run out")),
    Subject.ACCOUNTS: (_l("Your accounts"), _l("frozen, closed, other limits; a webhook that was disabled")),
    Subject.WATCH: (_l("What stands out"), _l("as you choose below")),
    Subject.REPORTS: (_l("Scheduled reports"), _l("ready, or not to be made")),
    Subject.SECURITY: (_l("Security"), _l("log-ins, password, second factor")),
}
WAYS = {Channel.INBOX: _l("Inbox"), Channel.EMAIL: _l("E-mail"), Channel.WEBHOOK: _l("Webhook")}


def settings_page(choosing: Choosing, settings: WebSettings) -> Blueprint:
    """The blueprint, with what it needs handed in."""
    routes = page_routes("settings", __name__)

    def page(form: SettingsForm, shown: list[str]) -> str:
        return render_template("settings.html", form=form, shown=shown, subjects=SUBJECTS, ways=WAYS, always=ALWAYS)

    @routes.get("/settings")
    def show() -> ResponseReturnValue:
        principal = session_principal()
        if principal is None:
            return redirect(log_in_url(settings, settings.notification_public_url))
        shown = choosing.currencies(principal.user_id)
        return page(settings_form(choosing.of(principal.user_id), shown), shown)

    @routes.post("/settings")
    def save() -> ResponseReturnValue:
        principal = session_principal()
        if principal is None:
            return redirect(log_in_url(settings, settings.notification_public_url, url_for("settings.show")))
        before, shown = choosing.of(principal.user_id), choosing.currencies(principal.user_id)
        form = settings_form(before, shown)
        if not form.validate():
            return page(form, shown), 400
        choosing.choose(principal.user_id, _with(form.more.data, form.chosen(shown, before)))
        flash(_("Saved. It holds for what happens from now on."), "success")
        return redirect(url_for("settings.show"), 303)

    return routes


def _with(currency: str | None, chosen: Preferences) -> Preferences:
    """With this currency among those that the page shows, as by default until its amounts are changed."""
    watch = chosen.watch
    if not currency or currency in watch.large_transfer:
        return chosen
    return Preferences(
        chosen.channels,
        Watch(
            {**watch.large_transfer, currency: watch.large_from(currency)},
            {**watch.low_balance, currency: watch.low_below(currency)},
            watch.first_to_payee,
            watch.many_transfers,
        ),
    )
