"""The Content Security Policy: what a page of ours may load, run and post to.

Everything comes from the service itself. An inline script runs only with the nonce of its own answer; a template
gets that by `csp_nonce()`, and only then is a nonce made, so that an API answer costs none.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from flask import request

_NONCE = "fintech.csp_nonce"

API_POLICY = "default-src 'none'; frame-ancestors 'none'"
"""For what is no page: nothing in it may run, wherever it is shown."""


def csp_nonce() -> str:
    """The nonce of the answer to the present request, for `<script nonce=...>`."""
    nonce: str | None = request.environ.get(_NONCE)
    if nonce is None:
        nonce = request.environ[_NONCE] = secrets.token_urlsafe(16)
    return nonce


class PagePolicy:
    """The policy of pages. Beside the service's own origin, `form_targets` are those that a form's answer may lead to,
    `connect_targets` those that a script may talk to.

    Browsers apply `form-action` to the redirect after a POST too, and a log-in on one service ends on another.
    """

    def __init__(self, form_targets: Sequence[str], connect_targets: Sequence[str] = ()) -> None:
        self._before = "default-src 'self'; script-src 'self'"
        self._after = (
            "; style-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
            "; form-action 'self' " + " ".join(form_targets)
        ).rstrip()
        if connect_targets:
            self._after += "; connect-src 'self' " + " ".join(connect_targets)

    def header(self, environ: Mapping[str, Any]) -> str:
        """The value for this answer; it names the nonce where one was used."""
        nonce = environ.get(_NONCE)
        return self._before + (f" 'nonce-{nonce}'" if nonce else "") + self._after
