"""What every request and answer has, in one WSGI layer around Flask: the client's address, request id, server span,
security headers, a bounded intake.

It is a layer and not `before_request`/`after_request` hooks, because hooks run inside Flask's dispatch for each
request of the money route and cost more than all of this together; it also covers answers that Flask makes
without a view (404, 405, 413, static files).
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Sequence
from threading import BoundedSemaphore
from typing import Any

from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from structlog.contextvars import bind_contextvars
from werkzeug.wrappers import Request

from service_kit.client_address import PEER, Network, address_reader
from service_kit.csp import API_POLICY, PagePolicy
from service_kit.request_bodies import BODIES_AT_ONCE, RequestBody, body_of
from service_kit.tracing import span

REQUEST_ID = "fintech.request_id"
_ACCEPTABLE_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_UNTRACED = frozenset({"/metrics", "/healthz", "/readyz"})
_WHOLE_BYTES = 1 << 20

Environ = dict[str, Any]
Headers = list[tuple[str, str]]
StartResponse = Callable[..., Any]
WsgiApp = Callable[[Environ, StartResponse], Iterable[bytes]]


class Edge:
    """Wraps `app.wsgi_app`. A caller's `X-Request-ID` is kept if it is 8 to 64 harmless characters, else replaced.

    `request.remote_addr` is the client's own address, also behind the proxies of `trusted`.
    """

    def __init__(self, app: WsgiApp, policy: PagePolicy, *, https: bool, trusted: Sequence[Network] = ()) -> None:
        self._app = app
        self._address = address_reader(trusted) if trusted else None
        self._policy = policy
        self._places = BoundedSemaphore(BODIES_AT_ONCE)
        self._fixed = [
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "strict-origin-when-cross-origin"),
            ("Cross-Origin-Opener-Policy", "same-origin"),
            ("X-Frame-Options", "DENY"),
        ]
        if https:
            self._fixed.append(("Strict-Transport-Security", "max-age=31536000; includeSubDomains"))

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if self._address is not None:
            environ[PEER] = self._address(environ) or environ.get(PEER)
        request_id = _request_id(environ)
        environ[REQUEST_ID] = request_id
        bind_contextvars(request_id=request_id)
        if environ["REQUEST_METHOD"] not in _METHODS:
            # An invented method would become a label of the latency metric; 405 is Flask's answer to TRACE.
            environ["REQUEST_METHOD"] = "TRACE"
        if environ["PATH_INFO"] in _UNTRACED:
            return self._answer(environ, start_response, None)
        # A `traceparent` from outside is not continued: the public would decide what is sampled.
        with span(environ["REQUEST_METHOD"], kind=SpanKind.SERVER) as server_span:
            return self._answer(environ, start_response, server_span)

    def _answer(self, environ: Environ, start_response: StartResponse, server: Span | None) -> Iterable[bytes]:
        whole = False
        request_body = body_of(environ, self._places)

        def start(status: str, headers: Headers, exc_info: Any = None) -> Any:
            nonlocal whole
            whole = self._complete(environ, headers, request_body)
            if server is not None and server.is_recording():
                _describe(server, environ, status)
            return start_response(status, headers, exc_info)

        body = self._app(environ, start)
        return _joined(body) if whole else body

    def _complete(self, environ: Environ, headers: Headers, request_body: RequestBody | None) -> bool:
        """Add what is missing to `headers`; return whether the body is short enough to be sent in one piece."""
        content_type, cached, length = "", False, -1
        for name, value in headers:
            lowered = name.lower()
            if lowered == "content-type":
                content_type = value
            elif lowered == "cache-control":
                cached = True
            elif lowered == "content-length":
                length = int(value)
        headers.append(("X-Request-ID", environ[REQUEST_ID]))
        headers.extend(self._fixed)
        is_page = content_type.startswith("text/html")
        headers.append(("Content-Security-Policy", self._policy.header(environ) if is_page else API_POLICY))
        if not cached:
            # What somebody may see depends on who asks: no answer is kept anywhere unless its route says so.
            headers.append(("Cache-Control", "no-store"))
        if request_body is not None and not request_body.is_read:
            # What is left of the body would be taken for the next request, so the server closes the connection; without
            # this a client that keeps connections would send its next request into it.
            headers.append(("Connection", "close"))
        return 0 <= length <= _WHOLE_BYTES


def _joined(body: Iterable[bytes]) -> list[bytes]:
    """A list is what granian sends in one piece, without coming back for each part."""
    try:
        return [b"".join(body)]
    finally:
        close = getattr(body, "close", None)
        if close is not None:
            close()


def _request_id(environ: Environ) -> str:
    given = environ.get("HTTP_X_REQUEST_ID")
    if given and _ACCEPTABLE_ID.fullmatch(given):
        return str(given)
    # Not `secrets`: a system call lets go of the interpreter lock, and with many threads it is long in coming back.
    return f"{random.getrandbits(64):016x}"


def _describe(server: Span, environ: Environ, status: str) -> None:
    """Name the span by its route (OpenTelemetry's HTTP conventions), never by the raw path."""
    code = int(status[:3])
    request = environ.get("werkzeug.request")
    rule = request.url_rule if isinstance(request, Request) and hasattr(request, "url_rule") else None
    route = rule.rule if rule is not None else "unknown route"
    server.update_name(f"{environ['REQUEST_METHOD']} {route}")
    server.set_attribute("http.request.method", environ["REQUEST_METHOD"])
    server.set_attribute("http.route", route)
    server.set_attribute("http.response.status_code", code)
    server.set_attribute("request.id", environ[REQUEST_ID])
    if code >= 500:
        server.set_status(Status(StatusCode.ERROR))
