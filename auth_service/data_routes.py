"""What people may ask of their data: all of it, and that it be forgotten. By API and on their profile."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, Response, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from auth_service.assembly import Auth
from auth_service.document import operations
from auth_service.domain import User
from auth_service.entering import without_cookie
from auth_service.export import export_of
from auth_service.forms import CloseAccountForm
from auth_service.settings import WebSettings
from auth_service.use_cases.proof import WrongPassword
from contracts.access_token import Scope
from service_kit.auth import Principal, bearer_principal, log_in_url, session_principal
from service_kit.errors import Forbidden, Problem
from service_kit.web import json_answer, page_routes

Page = str | tuple[str, int] | AnyResponse


class PeopleOnly(Forbidden):
    """A service has no account that could be exported or closed."""

    code = "people_only"
    title = "Only people have an account"


def data_routes(auth: Auth) -> Blueprint:
    """/v1/me/export and /v1/me/close"""
    routes = Blueprint("data", __name__)
    exporting, closing = operations()["export_my_data"], operations()["close_my_account"]

    @exporting.route(routes)
    def export_my_data() -> Response:
        user = _person(auth, bearer_principal(Scope.ACCOUNT_MANAGE))
        exporting.parameters()
        return json_answer(export_of(auth, user.id))

    @closing.route(routes)
    def close_my_account() -> Response:
        principal = bearer_principal(Scope.ACCOUNT_MANAGE)
        user = _person(auth, principal)
        closing.parameters()
        auth.step_up.demand(user.id, principal.session_id)
        auth.close_account(user, principal.session_id, closing.body()["password"])
        return Response(status=204)

    return routes


def data_pages(auth: Auth, settings: WebSettings) -> Blueprint:
    """The two buttons on the profile."""
    routes = page_routes("data_pages", __name__)

    @routes.post("/protected_web/export")
    def export() -> Page:
        principal = session_principal()
        if principal is None:
            return redirect(url_for("entrance.login_form"))
        answer = json_answer(export_of(auth, principal.user_id))
        answer.headers["Content-Disposition"] = f'attachment; filename="fintech-app-{principal.username}.json"'
        return answer

    @routes.route("/protected_web/close", methods=["GET", "POST"])
    def close() -> Page:
        principal = session_principal()
        if principal is None:
            return redirect(log_in_url(settings, settings.auth_public_url))
        if auth.step_up.is_due(principal.user_id, principal.session_id):
            return redirect(url_for("second_step.step_up_form", next=request.path))
        form = CloseAccountForm()
        if not form.is_submitted():
            return render_template("close_account.html", form=form)
        status = _try_to_close(auth, principal, form)
        if status != HTTPStatus.OK:
            return render_template("close_account.html", form=form), status
        session.clear()
        flash(_("Your account is closed. Good-bye."), "success")
        return without_cookie(redirect(url_for("pages.index")), settings)

    return routes


def _try_to_close(auth: Auth, principal: Principal, form: CloseAccountForm) -> int:
    if not form.validate():
        return HTTPStatus.BAD_REQUEST
    try:
        auth.close_account(_person(auth, principal), principal.session_id, form.password.data)
    except WrongPassword:
        form.password.errors = [_("The password is wrong.")]
        return WrongPassword.status
    except Problem as refused:
        form.password.errors = [str(refused)]
        return refused.status
    return HTTPStatus.OK


def _person(auth: Auth, principal: Principal) -> User:
    user = auth.users.by_id(principal.user_id)
    if user is None:
        raise PeopleOnly
    return user
