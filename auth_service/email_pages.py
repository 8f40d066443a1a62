"""The pages about one's e-mail address."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from auth_service import mailed_links
from auth_service.assembly import Auth
from auth_service.domain import EmailTaken
from auth_service.entering import in_words
from auth_service.forms import ButtonForm
from auth_service.settings import WebSettings
from auth_service.use_cases import TooManyAttempts
from auth_service.use_cases.confirm_email import LinkUnusable
from service_kit.auth import session_principal
from service_kit.web import page_routes

Page = str | tuple[str, int] | AnyResponse


def email_pages(auth: Auth, settings: WebSettings) -> Blueprint:
    """Confirming the address, and asking for another letter."""
    routes = page_routes("email", __name__)

    @routes.route("/confirm_email", methods=["GET", "POST"])
    def confirm_email() -> Page:
        arrival = mailed_links.arrival(settings)
        if arrival is not None:
            return arrival
        form = ButtonForm()
        try:
            if not form.is_submitted():
                person = auth.confirm_email.look(mailed_links.token())
                return render_template("confirm_email.html", form=form, person=person)
            auth.confirm_email(mailed_links.token())
        except (LinkUnusable, EmailTaken) as refused:
            taken = isinstance(refused, EmailTaken)
            return render_template("link_unusable.html", taken=taken), HTTPStatus.GONE
        flash(_("Your e-mail address is confirmed."), "success")
        return mailed_links.forget(redirect(url_for("pages.protected_web")), settings)

    @routes.post("/protected_web/email_confirmation")
    def ask_to_confirm() -> Page:
        principal = session_principal()
        if principal is None:
            return redirect(url_for("entrance.login_form"))
        try:
            auth.confirm_email.ask(principal.user_id)
        except TooManyAttempts as refused:
            flash(_("Letters were sent just now. Wait %(time)s, then ask again.", time=in_words(refused)), "warning")
            return redirect(url_for("pages.protected_web"))
        flash(_("A letter is on its way. No letter? Look where your mail puts what it mistrusts."), "success")
        return redirect(url_for("pages.protected_web"))

    return routes
