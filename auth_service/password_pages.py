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
from auth_service.use_cases import TooManyAttempts, Visitor
from auth_service.use_cases.confirm_email import LinkUnusable
from auth_service.use_cases.proof import WrongPassword
from contracts.session import COOKIE_NAME
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
            cookie, status = _try_change(auth, form, principal.user_id, principal.session_id)
        except TooManyAttempts as refused:
            return waiting(refused, "change_password_form.html", form)
        if status != HTTPStatus.SEE_OTHER:
            return render_template("change_password_form.html", form=form), status
        flash(_("Your password is changed, and your other sessions have ended."), "success")
        return with_cookie(redirect(url_for("pages.protected_web")), cookie, settings)

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


def _try_change(auth: Auth, form: ChangePasswordForm, user_id: str, session_id: str) -> tuple[str, HTTPStatus]:
    """The session's new cookie where the password is changed."""
    if not form.is_submitted():
        return "", HTTPStatus.OK
    if not form.validate():
        return "", HTTPStatus.BAD_REQUEST
    cookie = request.cookies[COOKIE_NAME]
    try:
        moved = auth.change_password(user_id, session_id, form.old_password.data, form.password.data, cookie)
    except WrongPassword:
        form.old_password.errors = [_("This is not your present password.")]
        return "", HTTPStatus.FORBIDDEN
    except InvalidRequest as refused:
        form.take(refused)
        return "", HTTPStatus.BAD_REQUEST
    return moved, HTTPStatus.SEE_OTHER


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
