"""How a mailed link arrives: its token goes from the address into a cookie that lasts for minutes.

The first answer is a redirect, so no page ever has the token in its address: it is in no bookmark, and in no Referer
of what the page links to. Nothing is used up before the person presses a button: programs that scan mail only look.
"""

from __future__ import annotations

from datetime import timedelta

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from auth_service.settings import WebSettings

LASTS = timedelta(minutes=15)
SEE_OTHER = 303


def arrival(settings: WebSettings) -> Response | None:
    """The redirect for a link that has just been opened; None where the page itself is asked for."""
    token = request.args.get("token")
    if token is None:
        return None
    path = url_for(request.endpoint or "")
    answer = redirect(path, SEE_OTHER)
    answer.set_cookie(_cookie(), token[:64], LASTS, path=path, httponly=True, samesite="Lax", secure=_https(settings))
    return answer


def token() -> str:
    """The token that came to this page; "" where none did."""
    return request.cookies.get(_cookie(), "")


def forget(answer: Response, settings: WebSettings) -> Response:
    """It has been used."""
    path = url_for(request.endpoint or "")
    answer.delete_cookie(_cookie(), path=path, httponly=True, samesite="Lax", secure=_https(settings))
    return answer


def _cookie() -> str:
    """One for each page: two links may be open in two tabs."""
    return "auth_link_" + (request.endpoint or "").rpartition(".")[2]


def _https(settings: WebSettings) -> bool:
    return settings.auth_public_url.startswith("https://")
