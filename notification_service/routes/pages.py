"""The inbox page. It works without JavaScript; with it, what arrives shows by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from notification_service.domain import ADMIN, ORDER
from notification_service.forms import ARCHIVED, INBOX, UNREAD, FilterForm, MarkAllReadForm, MarkForm
from notification_service.settings import WebSettings
from notification_service.use_cases.inbox import Inbox
from notification_service.use_cases.marks import Marks
from service_kit.auth import Principal, log_in_url, session_principal
from service_kit.errors import InvalidRequest, NotFound
from service_kit.web import page_routes

PAGE_LENGTH = 20
PATTERN: dict[str, Any] = {
    "id": "-",
    "occurred_at": "1970-01-01T00:00:00.000Z",
    "transfer_id": "",
    "report": {"id": ""},
    "alert": {"status": "firing", "runbook_url": "https://", "dashboard_url": "https://"},
}
"""A notification with a place for everything that one may have: the row that a browser fills for what arrives."""


def pages(inbox: Inbox, marks: Marks, settings: WebSettings) -> Blueprint:
    """The blueprint, with what it needs handed in."""
    routes = page_routes("pages", __name__)
    views = _Pages(inbox, marks, settings)
    routes.add_url_rule("/", view_func=views.index)
    routes.add_url_rule("/inbox", view_func=views.inbox)
    routes.add_url_rule("/inbox/read-all", view_func=views.mark_all_read, methods=["POST"])
    names = ", ".join(views.marks)
    routes.add_url_rule(f"/inbox/<id>/<any({names}):mark>", view_func=views.mark, methods=["POST"])
    return routes


class _Pages:
    def __init__(self, inbox: Inbox, marks: Marks, settings: WebSettings) -> None:
        self._inbox = inbox
        self._mark_all = marks.read_all
        self._settings = settings
        self.marks: dict[str, Callable[[str, str], bool]] = {
            "read": marks.read,
            "unread": marks.unread,
            "archive": marks.archive,
            "unarchive": marks.unarchive,
        }

    def index(self) -> ResponseReturnValue:
        return redirect(url_for("pages.inbox"))

    def inbox(self) -> ResponseReturnValue:
        principal = session_principal()
        if principal is None:
            return redirect(log_in_url(self._settings, self._settings.notification_public_url))
        form, before = _filter_form(principal), _before()
        if not form.validate():
            return self._page(principal, form, None), 400
        return self._page(principal, form, before)

    def _page(self, principal: Principal, form: FilterForm, before: str | None) -> str:
        page = None if form.errors else self._inbox.page(principal.user_id, before, PAGE_LENGTH, form.chosen)
        newest = page.entries[0].stored.notification.order if page and page.entries else ""
        query = form.query()
        return render_template(
            "inbox.html",
            inbox=page,
            before=before,
            form=form,
            query=query,
            shows={INBOX: _("All"), UNREAD: _("Unread"), ARCHIVED: _("Archived")},
            is_filtered=bool(query.keys() - {"show"}),
            pattern=PATTERN,
            mark=MarkForm(),
            mark_all_read=MarkAllReadForm(upto=newest),
            live_url=self._settings.notification_live_public_url,
            journey_url=self._settings.monitoring_public_url,
            alerts_url=_alerts_url(self._settings.prometheus_public_url),
        )

    def mark(self, id: str, mark: str) -> ResponseReturnValue:
        principal = session_principal()
        if principal is None:
            return redirect(url_for("pages.inbox"), 303)
        if not MarkForm().validate_on_submit():
            raise InvalidRequest(_("Reload the inbox and try again."))
        if not self.marks[mark](principal.user_id, id):
            raise NotFound(_("No notification of yours has this number."))
        return _back(principal)

    def mark_all_read(self) -> ResponseReturnValue:
        principal = session_principal()
        if principal is None:
            return redirect(url_for("pages.inbox"), 303)
        form = MarkAllReadForm()
        if not form.validate_on_submit():
            raise InvalidRequest(_("Reload the inbox and try again."))
        self._mark_all(principal.user_id, form.upto.data)
        return _back(principal)


def _filter_form(principal: Principal) -> FilterForm:
    return FilterForm(operator=ADMIN in principal.roles, formdata=request.args)


def _before() -> str | None:
    """From where on the inbox is looked at; a spoilt link shows the latest."""
    before = request.args.get("before")
    return before if before and ORDER.match(before) else None


def _back(principal: Principal) -> ResponseReturnValue:
    """To what was looked at, with the changed one in it or not, as it is now."""
    query: dict[str, Any] = {**_filter_form(principal).query(), "before": _before()}
    return redirect(url_for("pages.inbox", **query), 303)


def _alerts_url(prometheus: str) -> str:
    """Debian's Prometheus has its pages under /classic, and every other still answers there."""
    return f"{prometheus}/classic/alerts" if prometheus else ""
