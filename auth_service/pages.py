"""The landing page, and the profile with its sessions."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from auth_service.activity import ACTORS, TEXTS, activity_page, is_cursor
from auth_service.assembly import Auth
from auth_service.entering import without_cookie
from auth_service.forms import EndSessionForm
from auth_service.settings import WebSettings
from service_kit.auth import log_in_url, session_principal
from service_kit.web import page_routes

LATEST_ACTS, ACTS_A_PAGE = 5, 20
Page = str | tuple[str, int] | AnyResponse


def pages(auth: Auth, settings: WebSettings) -> Blueprint:
    """What there is to see; the ways in and out are in `entrance`."""
    routes = page_routes("pages", __name__)

    @routes.get("/")
    def index() -> Page:
        return render_template("index.html", settings=settings, demo=settings.demo_log_in)

    @routes.get("/protected_web")
    def protected_web() -> Page:
        principal = session_principal()
        if principal is None:
            return redirect(log_in_url(settings, settings.auth_public_url))
        user = auth.users.by_id(principal.user_id)
        now = auth.log_in.clock.now()
        open_sessions = auth.sessions.open_of(principal.user_id, now)
        return render_template(
            "protected_web.html",
            user=user,
            factor=auth.second_step.factor_of(principal.user_id),
            now=now,
            sessions=open_sessions,
            current=principal.session_id,
            form=EndSessionForm(formdata=None),
            activity=activity_page(auth.trail, principal.user_id, LATEST_ACTS),
            texts=TEXTS,
            actors=ACTORS,
        )

    @routes.get("/protected_web/activity")
    def activity() -> Page:
        principal = session_principal()
        if principal is None:
            return redirect(log_in_url(settings, settings.auth_public_url))
        before = request.args.get("before", "")
        page = activity_page(auth.trail, principal.user_id, ACTS_A_PAGE, before if is_cursor(before) else None)
        return render_template("activity.html", activity=page, before=before, texts=TEXTS, actors=ACTORS)

    @routes.post("/protected_web/sessions")
    def end_sessions() -> Page:
        principal = session_principal()
        if principal is None:
            return redirect(url_for("entrance.login_form"))
        form = EndSessionForm()
        if form.everywhere.data:
            auth.log_out.all_but(principal.user_id, None)
            flash(_("You are logged out everywhere."), "success")
            return without_cookie(redirect(url_for("pages.index")), settings)
        if form.session.data:
            auth.log_out.one_of(principal.user_id, form.session.data)
            flash(_("That session has ended."), "success")
        else:
            auth.log_out.all_but(principal.user_id, principal.session_id)
            flash(_("Your other sessions have ended."), "success")
        return redirect(url_for("pages.protected_web"))

    return routes
