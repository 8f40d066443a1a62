"""The pages by which one's e-mail address becomes another."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from auth_service import mailed_links
from auth_service.assembly import Auth
from auth_service.domain import EmailTaken, LetterKind, UserChanged
from auth_service.entering import waiting
from auth_service.forms import ButtonForm, ChangeEmailForm
from auth_service.settings import WebSettings
from auth_service.use_cases import TooManyAttempts
from auth_service.use_cases.confirm_email import LinkUnusable
from auth_service.use_cases.proof import WrongPassword
from service_kit.auth import log_in_url, session_principal
from service_kit.errors import InvalidRequest
from service_kit.web import page_routes

Page = str | tuple[str, int] | AnyResponse


def email_change_pages(auth: Auth, settings: WebSettings) -> Blueprint:
    """Asking for another address, the two that say yes, and staying with the present one."""
    routes = page_routes("email_change", __name__)

    @routes.route("/change_email_form", methods=["GET", "POST"])
    def ask() -> Page:
        principal = session_principal()
        if principal is None:
            return redirect(log_in_url(settings, settings.auth_public_url))
        if auth.step_up.is_due(principal.user_id, principal.session_id):
            return redirect(url_for("second_step.step_up_form", next=url_for("email_change.ask")))
        form = ChangeEmailForm()
        try:
            status = _try_change(auth, form, principal.user_id)
        except TooManyAttempts as refused:
            return waiting(refused, "change_email_form.html", form)
        if status != HTTPStatus.SEE_OTHER:
            return render_template("change_email_form.html", form=form), status
        flash(_("Letters are on their way. The address changes once each of them has its yes."), "success")
        return redirect(url_for("pages.protected_web"))

    @routes.post("/protected_web/email_change")
    def withdraw() -> Page:
        principal = session_principal()
        if principal is None:
            return redirect(url_for("entrance.login_form"))
        auth.change_email.withdraw(principal.user_id)
        flash(_("Your address stays as it is."), "success")
        return redirect(url_for("pages.protected_web"))

    @routes.route("/confirm_new_email", methods=["GET", "POST"])
    def confirm_new_email() -> Page:
        return mailed_links.arrival(settings) or _agree(auth, settings, "confirm_new_email")

    @routes.route("/approve_new_email", methods=["GET", "POST"])
    def approve_new_email() -> Page:
        return mailed_links.arrival(settings) or _agree(auth, settings, "approve_new_email")

    return routes


def _try_change(auth: Auth, form: ChangeEmailForm, user_id: str) -> HTTPStatus:
    if not form.is_submitted():
        return HTTPStatus.OK
    if not form.validate():
        return HTTPStatus.BAD_REQUEST
    try:
        auth.change_email.ask(user_id, form.email.data, form.password.data)
    except WrongPassword:
        form.password.errors = [_("This is not your password.")]
        return HTTPStatus.FORBIDDEN
    except InvalidRequest:
        form.email.errors = [_("It is your address already.")]
        return HTTPStatus.BAD_REQUEST
    except UserChanged:
        form.password.errors = [_("Your account has just been changed. Look at it again.")]
        return HTTPStatus.CONFLICT
    return HTTPStatus.SEE_OTHER


def _agree(auth: Auth, settings: WebSettings, kind: LetterKind) -> Page:
    form, token = ButtonForm(), mailed_links.token()
    try:
        if not form.is_submitted():
            person = auth.change_email.look(kind, token)
            return render_template("agree_to_email.html", form=form, person=person, change=person.email_change)
        person = auth.change_email(kind, token)
    except (LinkUnusable, EmailTaken) as refused:
        return render_template("link_unusable.html", taken=isinstance(refused, EmailTaken)), HTTPStatus.GONE
    if person.email_change is None:
        flash(_("The e-mail address is changed."), "success")
    else:
        flash(_("Thank you. The link in the letter to the other address is still to be opened."), "info")
    return mailed_links.forget(redirect(url_for("pages.protected_web")), settings)
