"""Flask's own session: the cookie that carries a page's CSRF token and flashed messages, one name a service."""

from __future__ import annotations

from flask import Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface


class PageSessions(SecureCookieSessionInterface):
    """Flask's signed cookie, without the signer's set-up for requests that carry no cookie: API calls."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """As Flask does it, but free where there is nothing to open."""
        if "HTTP_COOKIE" not in request.environ:
            return SecureCookieSession()
        return super().open_session(app, request)
