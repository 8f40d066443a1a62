"""The small HTTP server of a process that serves nothing else: /metrics, /healthz, /readyz."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from socketserver import TCPServer, ThreadingMixIn
from types import TracebackType
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
from wsgiref.types import StartResponse, WSGIEnvironment

import orjson
from prometheus_client import CollectorRegistry, make_wsgi_app

from service_kit.logging import get_logger
from service_kit.redaction import redact_text

Check = Callable[[], None]
log = get_logger(__name__)
MAX_REASON_CHARACTERS = 300


def failing(checks: Mapping[str, Check]) -> dict[str, str]:
    """The checks that fail, by name, each with its reason. Empty when all is well."""
    reasons: dict[str, str] = {}
    for name, check in checks.items():
        try:
            check()
        except Exception as error:  # noqa: BLE001 - whatever a check raises is its answer
            reasons[name] = redact_text(f"{type(error).__name__}: {error}")[:MAX_REASON_CHARACTERS]
    return reasons


class HealthServer:
    """Serves in daemon threads from `with` on; the port is taken when it is built.

    Raises:
        OSError: the port can't be had.
    """

    def __init__(self, host: str, port: int, registry: CollectorRegistry, checks: Mapping[str, Check]) -> None:
        self._metrics = make_wsgi_app(registry)
        self._checks = dict(checks)
        self._server = make_server(host, port, self._answer, server_class=_Server, handler_class=_Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, name="health", daemon=True)

    @property
    def port(self) -> int:
        """The port it listens on, also when it was asked for port 0 (any)."""
        return self._server.server_port

    def __enter__(self) -> HealthServer:
        self._thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == "/metrics":
            return self._metrics(environ, start_response)
        if path == "/healthz":
            return _json(start_response, HTTPStatus.OK, {"status": "alive"})
        if path == "/readyz":
            reasons = failing(self._checks)
            status = HTTPStatus.SERVICE_UNAVAILABLE if reasons else HTTPStatus.OK
            checks = {name: reasons.get(name, "ok") for name in self._checks}
            return _json(start_response, status, {"status": "not ready" if reasons else "ready", "checks": checks})
        return _json(start_response, HTTPStatus.NOT_FOUND, {"status": "unknown path"})


def _json(start_response: StartResponse, status: HTTPStatus, body: dict[str, Any]) -> Iterable[bytes]:
    payload = orjson.dumps(body)
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(payload)))]
    start_response(f"{status.value} {status.phrase}", headers)
    return [payload]


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def server_bind(self) -> None:
        # HTTPServer asks the resolver for this host's name, which can take seconds; nothing here needs it.
        TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[0], self.server_address[1]  # type: ignore[assignment]
        self.setup_environ()


class _Handler(WSGIRequestHandler):
    # A client that connects and says nothing may hold a thread for so long.
    timeout = 10

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: a scrape every few seconds is no news."""
