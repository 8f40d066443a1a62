"""Who looks at a page, and the way to the log-in and back for those who must log in first."""

from __future__ import annotations

import re

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from service_kit.auth import Principal, log_in_url, session_principal, this_page
from service_kit.errors import Problem
from service_kit.step_up import step_up_url
from transaction_service.settings import WebSettings

_FORM_WITH_QUERY = re.compile(r"/send_transaction\?[\x21-\x7e]{1,500}\Z")


class LogInFirst(Exception):
    """Nobody is signed in, or not any more. `back` is where the page can be asked for again, by GET."""

    def __init__(self, back: str | None = None) -> None:
        super().__init__("log in first")
        self.back = back


class StepUpFirst(Exception):
    """The act needs a recent proof of the second factor. `back` is the page that the person comes back to."""

    def __init__(self, back: str) -> None:
        super().__init__("prove the second factor first")
        self.back = back


class Door:
    """Where visitors come in."""

    def __init__(self, settings: WebSettings) -> None:
        self._settings = settings
        self._own_url = settings.transaction_public_url

    def add_to(self, routes: Blueprint) -> None:
        """The pages before the log-in, and the way there."""
        routes.add_url_rule("/", view_func=self.index)
        routes.add_url_rule("/login_transaction_form", view_func=self.login_transaction_form)
        routes.register_error_handler(LogInFirst, self.to_log_in)
        routes.register_error_handler(StepUpFirst, self.to_step_up)

    def visitor(self, back: str | None = None) -> Principal:
        """Who is signed in.

        Raises:
            LogInFirst: nobody; after the log-in they come to `back`, by default to this page.
            AuthUnavailable: nobody can tell.
        """
        principal = session_principal()
        if principal is None:
            raise LogInFirst(back)
        return principal

    def index(self) -> ResponseReturnValue:
        """The address without a path."""
        return redirect(url_for("pages.send_transaction"))

    def login_transaction_form(self) -> ResponseReturnValue:
        """Sends people to auth's log-in and back: no password passes this service."""
        back = request.args.get("next", "")
        if not _FORM_WITH_QUERY.match(back):
            back = url_for("pages.send_transaction")
        if session_principal() is not None:
            return redirect(back)
        return render_template("login_transaction_form.html", target=self._own_url + back)

    def to_log_in(self, error: LogInFirst) -> ResponseReturnValue:
        """The form has a log-in page of its own, which says what this is; every other page leads there directly."""
        back = error.back or this_page()
        if back.partition("?")[0] == url_for("pages.send_transaction"):
            wanted = back if _FORM_WITH_QUERY.match(back) else None
            return redirect(url_for("pages.login_transaction_form", next=wanted), 303)
        return redirect(log_in_url(self._settings, self._own_url, back), 303)

    def to_step_up(self, error: StepUpFirst) -> ResponseReturnValue:
        """To auth and back; what was filled in waits here, in the page's own cookie."""
        return redirect(step_up_url(self._settings, self._own_url + error.back), 303)


def http_status(problem: Problem | None, *, mistaken: bool) -> int:
    """The status of a page that shows a form again."""
    if problem is not None:
        return int(problem.status)
    return 400 if mistaken else 200
