"""Receivers of webhooks: real HTTP servers on this machine, good ones and bad ones."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import parse_headers
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Received:
    """One request, and when it was here whole, in seconds since the epoch; `headers` by their names in lower case."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    at: float


@dataclass
class Receiver:
    """What came, and what is answered: a status with headers, the latest in `answers`, all but the last once each."""

    url: str
    received: list[Received] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=lambda: [(204, {})])

    def answer(self) -> tuple[int, dict[str, str]]:
        return self.answers[0] if len(self.answers) == 1 else self.answers.pop(0)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """A sender that went away is none of the receiver's errors."""


@contextmanager
def receiving(host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """A receiver on a free port of `host`."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(length)
            if len(body) < length:
                self.close_connection = True  # its sender died in the middle of it
                return
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.received.append(Received(self.path, headers, body, time.time()))
            status, more = receiver.answer()
            self.send_response(status)
            for name, value in {"Content-Length": "0", **more}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """The test looks at `received`."""

    server = _Server((host, 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    receiver = Receiver(f"{'https' if tls else 'http'}://{host}:{server.server_address[1]}/hook")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def take_request(connection: socket.socket) -> None:
    """A whole request, its body too: to close with some of it unread resets the connection (RFC 1122, 4.2.2.13)."""
    with connection.makefile("rb") as lines:
        lines.readline()
        lines.read(int(parse_headers(lines).get("Content-Length", 0)))


Behaviour = Callable[[socket.socket, threading.Event], None]
"""What a bad receiver does with a connection, until the event says that the test is over."""


@contextmanager
def misbehaving(behave: Behaviour) -> Iterator[str]:
    """The URL of a receiver that answers in its own way."""
    over = threading.Event()

    def serve(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.settimeout(5)
            take_request(connection)
            behave(connection, over)

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/hook"
    finally:
        over.set()
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def says(text: bytes) -> Behaviour:
    """This, and nothing more; the connection ends."""
    return lambda connection, over: connection.sendall(text)


def silent(connection: socket.socket, over: threading.Event) -> None:
    """Takes the request and never answers."""
    over.wait(60)


def dripping(every_seconds: float) -> Behaviour:
    """A header that goes on for ever, a byte at a time (slow loris)."""

    def behave(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nx-long: ")
        while not over.wait(every_seconds):
            connection.sendall(b"a")

    return behave


def endless(head: bytes, chunk: bytes) -> Behaviour:
    """After `head`, as many chunks as are taken."""

    def behave(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(head)
        while not over.is_set():
            connection.sendall(chunk)

    return behave
