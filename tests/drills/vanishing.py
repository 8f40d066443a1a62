"""Clients that nobody would wish for, over bare sockets: who hangs up in the middle, and who never reads."""

from __future__ import annotations

import socket
import struct
from collections.abc import Sequence
from urllib.parse import urlsplit

import orjson

from bench.stacks import Platform

CONNECT_SECONDS = 10
UNREAD_REQUESTS = 200
"""On one connection: far more answers than fit into the buffers on the way."""
LARGE = "/flasgger_static/swagger-ui-bundle.js"
"""A megabyte that costs the server no work: what is unread is drilled, not a flood of questions."""
RECEIVE_BYTES = 2_048
AT_ONCE_HANG_UP = struct.pack("ii", 1, 0)
"""SO_LINGER: what is unsent is thrown away and the other side is told at once (RST), as of a phone without a net."""


class Vanishing:
    """They stay connected until they `vanish`, but for those that pay."""

    def __init__(self, platform: Platform, token: str) -> None:
        self._payments = platform.url("transaction-web")
        self._live = platform.url("notification-live")
        self._token = token
        self._held: list[socket.socket] = []

    def half_a_request(self) -> None:
        """The head of a payment and the beginning of its body, and then nothing."""
        client = self._connected(self._payments)
        client.sendall(
            self._head("POST", "/v1/transfers", "Idempotency-Key: half\r\nContent-Length: 400\r\n") + b'{"payee"'
        )
        self._held.append(client)

    def unread_answers(self) -> None:
        """Many requests at once, of whose answers nothing is taken."""
        client = self._connected(self._payments)
        client.setblocking(False)
        request = self._head("GET", LARGE)
        for _ in range(UNREAD_REQUESTS):
            try:
                client.sendall(request)
            except BlockingIOError:
                break  # the server has stopped to take more, as it should
        self._held.append(client)

    def unread_stream(self, token: str) -> None:
        """A live stream of which nothing is taken."""
        client = self._connected(self._live)
        client.sendall(self._head("GET", "/v1/stream", token=token))
        self._held.append(client)

    def pay_and_hang_up(self, key: str, payment: dict[str, object]) -> None:
        """A whole payment, whose answer nobody waits for."""
        body = orjson.dumps(payment)
        with self._connected(self._payments) as client:
            more = f"Idempotency-Key: {key}\r\nContent-Length: {len(body)}\r\n"
            client.sendall(self._head("POST", "/v1/transfers", more) + body)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE_HANG_UP)

    def vanish(self) -> int:
        """All of those that are still there are gone at once; how many there were."""
        gone: Sequence[socket.socket] = self._held
        self._held = []
        for client in gone:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE_HANG_UP)
            client.close()
        return len(gone)

    def _connected(self, url: str) -> socket.socket:
        parts = urlsplit(url)
        client = socket.socket()
        # Before the connection, since it says then how much the other side may send.
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
        client.settimeout(CONNECT_SECONDS)
        client.connect((parts.hostname, parts.port))
        return client

    def _head(self, method: str, path: str, more: str = "", token: str = "") -> bytes:
        lines = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token or self._token}\r\n"
        kind = "Content-Type: application/json\r\n" if method == "POST" else ""
        return f"{lines}{kind}{more}\r\n".encode()
