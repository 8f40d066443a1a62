"""The pages about one's password: changing it, asking for a letter, setting a new one by the letter's link."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from auth_service import mailed_links
from auth_service.assembly import Auth
from auth_service.entering import known_device, this_visitor, waiting, with_cookie
from auth_service.forms import ChangePasswordForm, NewPasswordForm, ResetForm
from auth_service.settings import WebSettings
from auth_service.use_cases import PasswordChanged, TooManyAttempts, Visitor
from auth_service.use_cases.confirm_email import LinkUnusable
from auth_service.use_cases.proof import WrongPassword
from service_kit.auth import log_in_url, session_principal
from service_kit.errors import InvalidRequest
from service_kit.web import page_routes

Page = str | tuple[str, int] | AnyResponse


def password_pages(auth: Auth, settings: WebSettings) -> Blueprint:
    """For who is logged in, and for who can't log in."""
    routes = page_routes("password", __name__)

    @routes.route("/change_password_form", methods=["GET", "POST"])
    def change() -> Page:
        principal = session_principal()
        if principal is None:
            return redirect(log_in_url(settings, settings.auth_public_url))
        if auth.step_up.is_due(principal.user_id, principal.session_id):
            return redirect(url_for("second_step.step_up_form", next=url_for("password.change")))
        form = ChangePasswordForm()
        try:
            changed, status = _try_change(auth, form, principal.user_id, principal.session_id)
        except TooManyAttempts as refused:
            return waiting(refused, "change_password_form.html", form)
        if changed is None:
            return render_template("change_password_form.html", form=form), status
        flash(_("Your password is changed, and your other sessions have ended."), "success")
        answer = with_cookie(redirect(url_for("pages.protected_web")), changed.cookie, settings)
        return known_device(answer, changed.device_token, settings)

    @routes.route("/reset_form", methods=["GET", "POST"])
    def reset() -> Page:
        return _ask_for_letter(auth)

    @routes.route("/new_password_form", methods=["GET", "POST"])
    def new_password() -> Page:
        return mailed_links.arrival(settings) or _set_by_link(auth, settings)

    return routes


def _ask_for_letter(auth: Auth) -> Page:
    form = ResetForm()
    if not form.is_submitted():
        return render_template("reset_form.html", form=form)
    if not form.validate():
        return render_template("reset_form.html", form=form), HTTPStatus.BAD_REQUEST
    try:
        auth.reset_password.ask(form.email.data, Visitor(request.remote_addr or ""))
    except TooManyAttempts as refused:
        return waiting(refused, "reset_form.html", form)
    return render_template("reset_sent.html")


def _try_change(
    auth: Auth, form: ChangePasswordForm, user_id: str, session_id: str
) -> tuple[PasswordChanged | None, HTTPStatus]:
    """What the browser goes on with, where the password is changed."""
    if not form.is_submitted():
        return None, HTTPStatus.OK
    if not form.validate():
        return None, HTTPStatus.BAD_REQUEST
    given = (form.old_password.data, form.password.data, this_visitor())
    try:
        return auth.change_password(user_id, session_id, *given, browser=True), HTTPStatus.SEE_OTHER
    except WrongPassword:
        form.old_password.errors = [_("This is not your present password.")]
        return None, HTTPStatus.FORBIDDEN
    except InvalidRequest as refused:
        form.take(refused)
        return None, HTTPStatus.BAD_REQUEST


def _set_by_link(auth: Auth, settings: WebSettings) -> Page:
    form, token = NewPasswordForm(), mailed_links.token()
    try:
        person = auth.reset_password.look(token)
        if form.is_submitted() and form.validate():
            note = auth.reset_password(token, form.password.data, this_visitor())
            flash(_("Your new password is set. Log in with it."), "success")
            answer = redirect(url_for("entrance.login_form", username=person.username))
            return known_device(mailed_links.forget(answer, settings), note, settings)
    except LinkUnusable:
        return render_template("link_unusable.html", reset=True), HTTPStatus.GONE
    except InvalidRequest as refused:
        form.take(refused)
    status = HTTPStatus.BAD_REQUEST if form.is_submitted() else HTTPStatus.OK
    return render_template("new_password_form.html", form=form, person=person), status
