"""The ways in and out: sign-up, log-in, log-out."""

from __future__ import annotations

import math
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response as AnyResponse

from auth_service import devices
from auth_service.domain import BROWSER_SESSION, InvalidCredentials, UsernameTaken
from auth_service.forms import LogInForm, SignUpForm
from auth_service.redirects import safe_next
from auth_service.settings import WebSettings
from auth_service.use_cases import BrowserLogIn, TooManyAttempts, Visitor
from auth_service.wiring import Auth
from contracts.session import COOKIE_NAME
from service_kit.auth import session_principal
from service_kit.errors import CsrfFailed, InvalidRequest
from service_kit.web import page_routes

Page = str | tuple[str, int] | AnyResponse


def entrance(auth: Auth, settings: WebSettings) -> Blueprint:
    """Sign-up and log-in; their forms carry a CSRF token."""
    routes = page_routes("entrance", __name__)

    @routes.route("/signup_form", methods=["GET", "POST"])
    def signup_form() -> Page:
        form = SignUpForm()
        if not form.is_submitted():
            return render_template("signup_form.html", form=form)
        try:
            status = _try_sign_up(auth, form)
        except TooManyAttempts as refused:
            return _wait(refused, "signup_form.html", form)
        if status != HTTPStatus.CREATED:
            return render_template("signup_form.html", form=form), status
        flash(_("Your account is ready. Log in to send your first payment."), "success")
        flash(_("A letter is on its way to you: with its link you confirm your address."), "info")
        return redirect(url_for("entrance.login_form", username=form.username.data))

    @routes.route("/login_form", methods=["GET", "POST"])
    def login_form() -> Page:
        form = LogInForm()
        if not form.is_submitted():
            form.next.data = request.args.get("next", "")
            form.username.data = request.args.get("username", "")[:64]
            return render_template("login_form.html", form=form, demo=settings.demo_log_in)
        try:
            done, status = _try_log_in(auth, form)
        except TooManyAttempts as refused:
            return _wait(refused, "login_form.html", form, demo=settings.demo_log_in)
        if done is None:
            return render_template("login_form.html", form=form, demo=settings.demo_log_in), status
        _end_previous(auth, done)
        session.clear()  # a form token that was made before the log-in is worth nothing after it
        target = safe_next(form.next.data or "", settings.public_origins) or url_for("pages.protected_web")
        return _with_cookie(redirect(target), done, settings)

    return routes


def log_out_page(auth: Auth, settings: WebSettings) -> Blueprint:
    """The log-out button stands on the pages of every service, and each has another form token.

    So it is guarded by where the form comes from (`Origin`, which every browser sends with a POST and no page can
    forge), beside the cookie's SameSite.
    """
    routes = Blueprint("log_out", __name__)

    @routes.post("/logout")
    def log_out() -> Page:
        if request.headers.get("Origin") not in settings.public_origins:
            raise CsrfFailed("Log out by the button on one of our own pages.")
        principal = session_principal()
        if principal is not None:
            auth.log_out(principal.session_id)
        session.clear()
        flash(_("You are logged out."), "success")
        return without_cookie(redirect(url_for("pages.index")), settings)

    return routes


def _try_sign_up(auth: Auth, form: SignUpForm) -> int:
    if not form.validate():
        return HTTPStatus.BAD_REQUEST
    try:
        auth.sign_up(form.username.data, form.email.data, form.password.data, visitor=_visitor())
    except InvalidRequest as refused:
        form.take(refused)
        return HTTPStatus.BAD_REQUEST
    except UsernameTaken:
        form.username.errors = [_("This user name is taken.")]
        return HTTPStatus.CONFLICT
    return HTTPStatus.CREATED


def _try_log_in(auth: Auth, form: LogInForm) -> tuple[BrowserLogIn | None, int]:
    if not form.validate():
        return None, HTTPStatus.BAD_REQUEST
    try:
        return auth.log_in.by_form(form.username.data, form.password.data, _visitor()), HTTPStatus.OK
    except InvalidCredentials:
        form.password.errors = [_("The user name or the password is wrong.")]
        return None, HTTPStatus.UNAUTHORIZED


def _visitor() -> Visitor:
    return Visitor(request.remote_addr or "", request.cookies.get(devices.COOKIE_NAME, "")[: devices.TOKEN_MAX])


def _wait(refused: TooManyAttempts, template: str, form: FlaskForm, **values: Any) -> Page:
    """The form again, with how long to wait; what was typed stays, but for the password."""
    page = render_template(template, form=form, wait=_in_words(refused.seconds), **values)
    return Response(page, refused.status, refused.headers, mimetype="text/html")


def _in_words(seconds: int) -> str:
    """Never less than it is."""
    if seconds < 120:
        return str(ngettext("%(num)d second", "%(num)d seconds", seconds))
    return str(ngettext("%(num)d minute", "%(num)d minutes", math.ceil(seconds / 60)))


def _end_previous(auth: Auth, done: BrowserLogIn) -> None:
    """This browser's earlier session would live on unseen, its cookie overwritten."""
    previous = session_principal()
    if previous is not None and previous.session_id != done.session.id:
        auth.log_out(previous.session_id)


def _with_cookie(answer: AnyResponse, done: BrowserLogIn, settings: WebSettings) -> AnyResponse:
    kept = {
        COOKIE_NAME: (done.cookie, BROWSER_SESSION),
        devices.COOKIE_NAME: (done.device_token, devices.LIFETIME),
    }
    for name, (value, age) in kept.items():
        answer.set_cookie(name, value, max_age=age, httponly=True, samesite="Lax", secure=_https(settings))
    return answer


def without_cookie(answer: AnyResponse, settings: WebSettings) -> AnyResponse:
    """The browser forgets its session."""
    answer.delete_cookie(COOKIE_NAME, httponly=True, samesite="Lax", secure=_https(settings))
    return answer


def _https(settings: WebSettings) -> bool:
    return settings.auth_public_url.startswith("https://")
