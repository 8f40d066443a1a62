"""The ways in and out: sign-up, log-in, log-out."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from auth_service import challenges
from auth_service.assembly import Auth
from auth_service.domain import AccountLocked, InvalidCredentials, UserChanged, UsernameTaken
from auth_service.domain.second_factor import SecondFactorRequired
from auth_service.entering import https, logged_in, this_visitor, waiting, without_cookie
from auth_service.forms import LogInForm, SignUpForm
from auth_service.settings import WebSettings
from auth_service.use_cases import BrowserLogIn, TooManyAttempts
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
            return waiting(refused, "signup_form.html", form)
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
        except SecondFactorRequired as required:
            return _to_second_step(required.extensions["challenge"], form.next.data or "", settings)
        except TooManyAttempts as refused:
            return waiting(refused, "login_form.html", form, demo=settings.demo_log_in)
        if done is None:
            return render_template("login_form.html", form=form, demo=settings.demo_log_in), status
        return logged_in(auth, done, form.next.data or "", settings)

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
        auth.sign_up(form.username.data, form.email.data, form.password.data, visitor=this_visitor())
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
        return auth.log_in.by_form(form.username.data, form.password.data, this_visitor()), HTTPStatus.OK
    except InvalidCredentials:
        form.password.errors = [_("The user name or the password is wrong.")]
        return None, HTTPStatus.UNAUTHORIZED
    except AccountLocked:
        form.password.errors = [_("This account is locked. Write to the support.")]
        return None, HTTPStatus.FORBIDDEN
    except UserChanged:
        form.password.errors = [_("Your account has just been changed. Log in again.")]
        return None, HTTPStatus.CONFLICT


def _to_second_step(challenge: str, wanted: str, settings: WebSettings) -> AnyResponse:
    answer = redirect(url_for("second_step.second_factor_form", next=wanted or None))
    answer.set_cookie(
        challenges.COOKIE_NAME,
        challenge,
        max_age=challenges.LIFETIME,
        httponly=True,
        samesite="Lax",
        secure=https(settings),
    )
    return answer
