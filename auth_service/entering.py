"""What the pages of sign-up, log-in and second step share: who comes, how long to wait, a session's cookies."""

from __future__ import annotations

import math
from typing import Any

from flask import Response, redirect, render_template, request, session, url_for
from flask_babel import ngettext
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response as AnyResponse

from auth_service import devices
from auth_service.assembly import Auth
from auth_service.domain import BROWSER_SESSION
from auth_service.redirects import safe_next
from auth_service.settings import WebSettings
from auth_service.use_cases import BrowserLogIn, TooManyAttempts, Visitor
from contracts.session import COOKIE_NAME
from service_kit.auth import session_principal


def this_visitor() -> Visitor:
    """Where the present request comes from."""
    return Visitor(request.remote_addr or "", request.cookies.get(devices.COOKIE_NAME, "")[: devices.TOKEN_MAX])


def logged_in(auth: Auth, done: BrowserLogIn, wanted: str, settings: WebSettings) -> AnyResponse:
    """On to where the person was, with the session's cookie and the device's."""
    _end_previous(auth, done)
    session.clear()  # a form token that was made before the log-in is worth nothing after it
    answer = redirect(safe_next(wanted, settings.public_origins) or url_for("pages.protected_web"))
    answer.set_cookie(
        COOKIE_NAME, done.cookie, max_age=BROWSER_SESSION, httponly=True, samesite="Lax", secure=https(settings)
    )
    return known_device(answer, done.device_token, settings)


def known_device(answer: AnyResponse, note: str, settings: WebSettings) -> AnyResponse:
    """The browser keeps the note, if there is one."""
    name, age, secure = devices.COOKIE_NAME, devices.LIFETIME, https(settings)
    if note:
        answer.set_cookie(name, note, max_age=age, httponly=True, samesite="Lax", secure=secure)
    return answer


def with_cookie(answer: AnyResponse, cookie: str, settings: WebSettings) -> AnyResponse:
    """The browser's session goes on by this cookie."""
    answer.set_cookie(
        COOKIE_NAME, cookie, max_age=BROWSER_SESSION, httponly=True, samesite="Lax", secure=https(settings)
    )
    return answer


def without_cookie(answer: AnyResponse, settings: WebSettings) -> AnyResponse:
    """The browser forgets its session."""
    answer.delete_cookie(COOKIE_NAME, httponly=True, samesite="Lax", secure=https(settings))
    return answer


def waiting(refused: TooManyAttempts, template: str, form: FlaskForm, **values: Any) -> AnyResponse:
    """The form again, with how long to wait; what was typed stays, but for passwords."""
    page = render_template(template, **{"form": form, "wait": in_words(refused), **values})
    return Response(page, refused.status, refused.headers, mimetype="text/html")


def https(settings: WebSettings) -> bool:
    """Whether cookies may go by https only."""
    return settings.auth_public_url.startswith("https://")


def in_words(refused: TooManyAttempts) -> str:
    """How long to wait; never less than it is."""
    seconds = refused.seconds
    if seconds < 120:
        return str(ngettext("%(num)d second", "%(num)d seconds", seconds))
    return str(ngettext("%(num)d minute", "%(num)d minutes", math.ceil(seconds / 60)))


def _end_previous(auth: Auth, done: BrowserLogIn) -> None:
    """This browser's earlier session would live on unseen, its cookie overwritten."""
    previous = session_principal()
    if previous is not None and previous.session_id != done.session.id:
        auth.log_out(previous.session_id)
