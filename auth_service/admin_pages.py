"""The page of administrators: looking for people, and what may be done about an account."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from auth_service.activity import ACTORS, TEXTS, activity_page
from auth_service.assembly import Auth
from auth_service.forms import AdminActForm
from auth_service.settings import WebSettings
from contracts.access_token import STAFF_ROLES, Scope
from service_kit.auth import Principal, log_in_url, session_principal
from service_kit.errors import Problem, ScopeMissing
from service_kit.web import page_routes

PAGE_SIZE = 20
Page = str | tuple[str, int] | AnyResponse


def admin_pages(auth: Auth, settings: WebSettings) -> Blueprint:
    """`/admin`; support may look, administrators may change."""
    routes = page_routes("admin", __name__, url_prefix="/admin")

    @routes.get("")
    def people() -> Page:
        if session_principal() is None:
            return redirect(log_in_url(settings, settings.auth_public_url))
        _allowed(Scope.USERS_READ)
        wanted, after = request.args.get("q", "")[:254].strip(), request.args.get("after", "")[:32]
        found = auth.users.search(wanted, PAGE_SIZE + 1, after)
        more = found[PAGE_SIZE - 1].username if len(found) > PAGE_SIZE else None
        return render_template("admin_people.html", people=found[:PAGE_SIZE], wanted=wanted, after=after, more=more)

    @routes.get("/users/<user_id>")
    def person(user_id: str) -> Page:
        if session_principal() is None:
            return redirect(log_in_url(settings, settings.auth_public_url))
        return _person_page(auth, user_id, AdminActForm(formdata=None))

    @routes.post("/users/<user_id>")
    def change(user_id: str) -> Page:
        admin, form = _allowed(Scope.USERS_MANAGE), AdminActForm()
        if not form.validate():
            return _person_page(auth, user_id, form), 400
        try:
            flash(_do(auth, admin, user_id, form), "success")
        except Problem as refused:
            flash(str(refused), "danger")
        return redirect(url_for("admin.person", user_id=user_id))

    return routes


def _allowed(scope: str) -> Principal:
    principal = session_principal()
    if principal is None or scope not in principal.scopes:
        raise ScopeMissing(_("This page is for those who support people or administer the platform."))
    return principal


def _person_page(auth: Auth, user_id: str, form: AdminActForm) -> str:
    viewer = _allowed(Scope.USERS_READ)
    user = auth.administer.person(user_id)
    return render_template(
        "admin_person.html",
        user=user,
        sessions=auth.sessions.open_of(user.id, auth.administer.clock.now()),
        activity=activity_page(auth.trail, user.id, PAGE_SIZE, names_others=True),
        texts=TEXTS,
        actors=ACTORS,
        form=form,
        roles=sorted(STAFF_ROLES),
        may_change=Scope.USERS_MANAGE in viewer.scopes,
        is_self=user.id == viewer.user_id,
    )


def _do(auth: Auth, admin: Principal, user_id: str, form: AdminActForm) -> str:
    """What the form asks for; returns what to say of it."""
    administer = auth.administer
    match form.act.data:
        case "lock":
            administer.lock(admin.user_id, user_id, form.reason.data.strip())
            return _("The account is locked, and its sessions have ended.")
        case "unlock":
            administer.unlock(admin.user_id, user_id)
            return _("The account is unlocked.")
        case "end_sessions":
            count = administer.end_sessions(admin.user_id, user_id)
            return _("Sessions ended: %(count)s.", count=count)
        case "give_role":
            administer.give_role(admin.user_id, user_id, form.role.data)
            return _("The role counts from the next log-in on, in API sessions from the next refresh on.")
        case _:
            administer.take_role(admin.user_id, user_id, form.role.data)
            return _("The role is taken, and the account's sessions have ended.")
