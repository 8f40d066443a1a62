"""The inbox page. It works without JavaScript; with it, what arrives shows by itself."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from notification_service.domain import ORDER
from notification_service.forms import MarkAllReadForm, MarkReadForm
from notification_service.settings import WebSettings
from notification_service.use_cases.inbox import Inbox
from service_kit.auth import log_in_url, session_principal
from service_kit.errors import InvalidRequest, NotFound
from service_kit.web import page_routes

PAGE_LENGTH = 20
PATTERN: dict[str, Any] = {
    "id": "-",
    "occurred_at": "1970-01-01T00:00:00.000Z",
    "transfer_id": "",
    "alert": {"status": "firing", "runbook_url": "https://"},
}
"""A notification with a place for everything that one may have: the row that a browser fills for what arrives."""


def pages(inbox: Inbox, settings: WebSettings) -> Blueprint:
    """The blueprint, with what it needs handed in."""
    routes = page_routes("pages", __name__)
    views = _Pages(inbox, settings)
    routes.add_url_rule("/", view_func=views.index)
    routes.add_url_rule("/inbox", view_func=views.inbox)
    routes.add_url_rule("/inbox/read-all", view_func=views.mark_all_read, methods=["POST"])
    routes.add_url_rule("/inbox/<id>/read", view_func=views.mark_read, methods=["POST"])
    return routes


class _Pages:
    def __init__(self, inbox: Inbox, settings: WebSettings) -> None:
        self._inbox = inbox
        self._settings = settings

    def index(self) -> ResponseReturnValue:
        return redirect(url_for("pages.inbox"))

    def inbox(self) -> ResponseReturnValue:
        principal = session_principal()
        if principal is None:
            return redirect(log_in_url(self._settings, self._settings.notification_public_url))
        before, unread = _where()
        page = self._inbox.page(principal.user_id, before, PAGE_LENGTH, unread=unread)
        newest = page.entries[0].stored.notification.order if page.entries else ""
        return render_template(
            "inbox.html",
            inbox=page,
            before=before,
            only_unread=unread,
            pattern=PATTERN,
            mark_read=MarkReadForm(),
            mark_all_read=MarkAllReadForm(upto=newest),
            live_url=self._settings.notification_live_public_url,
            journey_url=self._settings.monitoring_public_url,
            alerts_url=_alerts_url(self._settings.prometheus_public_url),
        )

    def mark_read(self, id: str) -> ResponseReturnValue:
        principal = session_principal()
        if principal is None:
            return redirect(url_for("pages.inbox"), 303)
        if not MarkReadForm().validate_on_submit():
            raise InvalidRequest(_("Reload the inbox and try again."))
        if not self._inbox.mark_read(principal.user_id, id):
            raise NotFound(_("No notification of yours has this number."))
        return self._back()

    def mark_all_read(self) -> ResponseReturnValue:
        principal = session_principal()
        if principal is None:
            return redirect(url_for("pages.inbox"), 303)
        form = MarkAllReadForm()
        if not form.validate_on_submit():
            raise InvalidRequest(_("Reload the inbox and try again."))
        self._inbox.mark_all_read(principal.user_id, form.upto.data)
        return self._back()

    def _back(self) -> ResponseReturnValue:
        before, unread = _where()
        return redirect(url_for("pages.inbox", **_query(before, unread)), 303)


def _where() -> tuple[str | None, bool]:
    """Which part of the inbox is looked at; a spoilt link shows the latest."""
    before = request.args.get("before")
    return before if before and ORDER.match(before) else None, request.args.get("unread") == "true"


def _query(before: str | None, unread: bool) -> dict[str, Any]:
    return {"before": before, "unread": "true" if unread else None}


def _alerts_url(prometheus: str) -> str:
    """Debian's Prometheus has its pages under /classic, and every other still answers there."""
    return f"{prometheus}/classic/alerts" if prometheus else ""
