"""The pages of the second factor: the second step of a log-in, set-up, new recovery codes, switching it off."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from auth_service import challenges
from auth_service.assembly import Auth
from auth_service.domain import AccountLocked, InvalidCredentials, User, UserChanged
from auth_service.domain.second_factor import (
    InvalidSecondFactor,
    NoSetUp,
    SecondFactor,
    SecondFactorInPlace,
)
from auth_service.entering import https, known_device, logged_in, this_visitor, waiting
from auth_service.forms import CodeForm, ConfirmForm, PasswordForm, ProveForm
from auth_service.redirects import safe_next
from auth_service.settings import WebSettings
from auth_service.use_cases import TooManyAttempts
from auth_service.use_cases.proof import WrongPassword
from service_kit.auth import log_in_url, session_principal
from service_kit.web import page_routes

Page = str | tuple[str, int] | AnyResponse


def second_step_pages(auth: Auth, settings: WebSettings) -> Blueprint:
    """The second step of a log-in. What it knows of the first is in a cookie of five minutes, which is no session."""
    routes = page_routes("second_step", __name__)

    @routes.route("/second_factor_form", methods=["GET", "POST"])
    def second_factor_form() -> Page:
        form, challenge = CodeForm(), request.cookies.get(challenges.COOKIE_NAME, "")[: challenges.CHALLENGE_MAX]
        if not challenge:
            return redirect(url_for("entrance.login_form", next=form.next.data or request.args.get("next", "")))
        if not form.is_submitted():
            form.next.data = request.args.get("next", "")
            return render_template("second_factor_form.html", form=form)
        if not form.validate():
            return render_template("second_factor_form.html", form=form), 400
        try:
            done = auth.log_in.second_by_form(challenge, form.code.data, this_visitor())
        except InvalidSecondFactor as refused:
            form.code.errors = [_("This code is wrong, or was used before. Take the next one.")]
            return render_template("second_factor_form.html", form=form), int(refused.status)
        except AccountLocked as refused:
            form.code.errors = [_("This account is locked. Write to the support.")]
            return render_template("second_factor_form.html", form=form), int(refused.status)
        except (UserChanged, InvalidCredentials):  # the latter: the password, between the two steps
            flash(_("Your account has just been changed. Log in again."), "warning")
            return redirect(url_for("entrance.login_form"))
        except TooManyAttempts as refused:
            return waiting(refused, "second_factor_form.html", form)
        answer = logged_in(auth, done, form.next.data or "", settings)
        answer.delete_cookie(challenges.COOKIE_NAME, httponly=True, samesite="Lax", secure=https(settings))
        return answer

    @routes.route("/step_up_form", methods=["GET", "POST"])
    def step_up_form() -> Page:
        return _step_up(auth, settings)

    return routes


def factor_pages(auth: Auth, settings: WebSettings) -> Blueprint:
    """What a person does about their own second factor."""
    routes = page_routes("second_factor", __name__, url_prefix="/second_factor")

    def with_person(act: Callable[[User], Page]) -> Page:
        user = _person(auth)
        return act(user) if user else redirect(log_in_url(settings, settings.auth_public_url, "/second_factor"))

    @routes.get("")
    def overview() -> Page:
        return with_person(lambda user: render_template("second_factor.html", **_state(auth, user)))

    @routes.post("/begin")
    def begin() -> Page:
        return with_person(lambda user: _begin(auth, user))

    @routes.post("/confirm")
    def confirm() -> Page:
        return with_person(lambda user: _confirm(auth, user, settings))

    @routes.post("/recovery")
    def renew_recovery() -> Page:
        return with_person(lambda user: _prove(auth, user, "recovery"))

    @routes.post("/switch_off")
    def switch_off() -> Page:
        return with_person(lambda user: _prove(auth, user, "switch_off"))

    return routes


def _person(auth: Auth) -> User | None:
    principal = session_principal()
    return auth.users.by_id(principal.user_id) if principal else None


def _step_up(auth: Auth, settings: WebSettings) -> Page:
    """The code once more, then back. Who has no second factor goes back at once: this visit has renewed what others
    know of the session."""
    form, principal, user = CodeForm(), session_principal(), _person(auth)
    if principal is None or user is None:
        return redirect(log_in_url(settings, settings.auth_public_url))
    if not form.is_submitted():
        form.next.data = request.args.get("next", "")
    back = safe_next(form.next.data or "", settings.public_origins) or url_for("pages.protected_web")
    if auth.second_step.factor_of(user.id) is None:
        return redirect(back)
    if not form.is_submitted():
        return render_template("step_up_form.html", form=form)
    if not form.validate():
        return render_template("step_up_form.html", form=form), 400
    try:
        auth.step_up(user, principal.session_id, form.code.data, this_visitor())
    except InvalidSecondFactor as refused:
        form.code.errors = [_("This code is wrong, or was used before. Take the next one.")]
        return render_template("step_up_form.html", form=form), int(refused.status)
    except TooManyAttempts as refused:
        return waiting(refused, "step_up_form.html", form)
    return redirect(back)


def _state(auth: Auth, user: User) -> dict[str, object]:
    """What the page shows: none, a set-up under way with its QR code, or one in place."""
    return {
        "factor": auth.second_step.factor_of(user.id),
        "password_form": PasswordForm(formdata=None),
        "recovery_form": ProveForm(formdata=None, prefix="recovery"),
        "switch_off_form": ProveForm(formdata=None, prefix="switch_off"),
    }


def _begin(auth: Auth, user: User) -> Page:
    form = PasswordForm()
    if not form.validate():
        return _again(auth, user, 400, password_form=form)
    try:
        factor = auth.second_factor.begin(user, form.password.data)
    except WrongPassword as refused:
        form.password.errors = [_("The password is wrong.")]
        return _again(auth, user, int(refused.status), password_form=form)
    except SecondFactorInPlace:
        return redirect(url_for("second_factor.overview"))
    except TooManyAttempts as refused:
        return waiting(refused, "second_factor.html", form, **(_state(auth, user) | {"password_form": form}))
    return _set_up(auth, user, factor, ConfirmForm(formdata=None))


def _confirm(auth: Auth, user: User, settings: WebSettings) -> Page:
    form, factor, principal = ConfirmForm(), auth.second_factor.under_way(user), session_principal()
    if factor is None or principal is None:
        return _begin_again()
    if not form.validate():
        return _set_up(auth, user, factor, form, 400)
    try:
        done = auth.second_factor.confirm(user, form.code.data, this_visitor(), principal.session_id)
    except InvalidSecondFactor as refused:
        form.code.errors = [_("This is not the app's present code. Take the next one.")]
        return _set_up(auth, user, factor, form, int(refused.status))
    except (NoSetUp, SecondFactorInPlace):
        return _begin_again()
    except TooManyAttempts as refused:
        return waiting(refused, "second_factor_set_up.html", form, **_shown(auth, user, factor))
    page = render_template("recovery_codes.html", codes=done.recovery_codes, new=True)
    return known_device(make_response(page), done.device_token, settings)


def _prove(auth: Auth, user: User, what: str) -> Page:
    """Password and code, then new recovery codes or the end of the factor."""
    form = ProveForm(prefix=what)
    if not form.validate():
        return _again(auth, user, 400, **{f"{what}_form": form})
    given = (user, form.password.data, form.code.data, this_visitor())
    try:
        if what == "recovery":
            codes = auth.second_factor.renew_recovery(*given)
            return render_template("recovery_codes.html", codes=codes, new=False)
        auth.second_factor.switch_off(*given)
    except WrongPassword as refused:
        form.password.errors = [_("The password is wrong.")]
        return _again(auth, user, int(refused.status), **{f"{what}_form": form})
    except InvalidSecondFactor as refused:
        form.code.errors = [_("This code is wrong, or was used before. Take the next one.")]
        return _again(auth, user, int(refused.status), **{f"{what}_form": form})
    except TooManyAttempts as refused:
        return waiting(refused, "second_factor.html", form, **(_state(auth, user) | {f"{what}_form": form}))
    flash(_("Two-step log-in is off. Your password alone opens your account now."), "warning")
    return redirect(url_for("pages.protected_web"))


def _again(auth: Auth, user: User, status: int, **forms: object) -> Page:
    return render_template("second_factor.html", **(_state(auth, user) | forms)), status


def _begin_again() -> Page:
    flash(_("The set-up took too long. Begin again."), "warning")
    return redirect(url_for("second_factor.overview"))


def _set_up(auth: Auth, user: User, factor: SecondFactor, form: ConfirmForm, status: int = 200) -> Page:
    return render_template("second_factor_set_up.html", form=form, **_shown(auth, user, factor)), status


def _shown(auth: Auth, user: User, factor: SecondFactor) -> dict[str, object]:
    key = auth.authenticator.shown(factor.sealed_secret)
    return {
        # Drawn by segno of our own words: nothing in it comes from a request but the user name, within a QR code.
        "qr_code": Markup(auth.authenticator.qr_code(factor.sealed_secret, user.username)),  # noqa: S704
        "key": " ".join(key[start : start + 4] for start in range(0, len(key), 4)),
    }
