"""One keep-alive HTTP/1.1 connection, as cheap as a closed-loop client can be.

The load generator shares two cores with what it measures, so its own cost decides how fast that can look. Measured
per POST with a JSON answer, 64 connections, in us of CPU: httpx 2,881, http.client in threads 174, aiohttp 149, an
asyncio protocol before the httptools parser (the one uvicorn uses) 32. At 3,000 requests a second that is a tenth of a
core instead of half of one, hence this module instead of a client library. It does what the generator needs and
nothing more: one request at a time, no redirects, no TLS.
"""

import asyncio
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httptools
import orjson


class NoAnswer(Exception):
    """The connection was refused, lost or silent: the request may or may not have been carried out."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said: status, headers by lower-case name, body as it came."""

    status: int
    headers: dict[bytes, bytes]
    body: bytes

    def json(self) -> Any:
        """The body as JSON; ``orjson.JSONDecodeError`` when it is none."""
        return orjson.loads(self.body)

    def problem(self) -> dict[str, Any]:
        """The body of a problem+json answer; empty for a body of another kind."""
        if b"json" not in self.headers.get(b"content-type", b""):
            return {}
        body: dict[str, Any] = self.json()
        return body

    def code(self) -> str:
        """The stable code of a problem, or the bare status when it names none."""
        return str(self.problem().get("code", f"status_{self.status}"))


class _Exchange(asyncio.Protocol):
    """Feeds what arrives to the parser and resolves the one request that is waiting."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._waiting: asyncio.Future[Answer] | None = None
        self._headers: dict[bytes, bytes] = {}
        self._body: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport = None
        if self._waiting and not self._waiting.done():
            self._waiting.set_exception(NoAnswer(f"connection lost: {exc or 'closed by the server'}"))

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            if self._waiting and not self._waiting.done():
                self._waiting.set_exception(NoAnswer(f"not HTTP: {error}"))
            self.close()

    def on_message_begin(self) -> None:
        self._headers, self._body = {}, []

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.lower()] = value

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        if self._waiting and not self._waiting.done():
            self._waiting.set_result(Answer(self._parser.get_status_code(), self._headers, b"".join(self._body)))
        if not self._parser.should_keep_alive():
            self.close()

    def close(self) -> None:
        if self.transport:
            self.transport.abort()
            self.transport = None

    def send(self, request: bytes) -> "asyncio.Future[Answer]":
        assert self.transport is not None, "send() needs an open connection"  # noqa: S101 - the caller just opened it
        self._waiting = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return self._waiting


class Connection:
    """A connection to one service that opens again by itself after it was lost."""

    def __init__(self, url: str, *, timeout_s: float) -> None:
        """``url``: scheme, host and port of the service; ``timeout_s``: the longest wait for one answer."""
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._authority = f"{self._host}:{self._port}".encode()
        self._timeout_s = timeout_s
        self._exchange: _Exchange | None = None

    async def request(self, method: bytes, path: bytes, headers: bytes = b"", body: bytes = b"") -> Answer:
        """Send one request and wait for its answer.

        ``headers``: complete lines, each ended by CRLF. Raises NoAnswer when none came within the time-out.
        """
        head = b"%b %b HTTP/1.1\r\nHost: %b\r\n%bContent-Length: %d\r\n\r\n"
        request = head % (method, path, self._authority, headers, len(body)) + body
        try:
            async with asyncio.timeout(self._timeout_s):
                exchange = await self._opened()
                return await exchange.send(request)
        except (TimeoutError, OSError) as error:
            self.close()
            raise NoAnswer(f"{type(error).__name__}: {error}") from error

    async def _opened(self) -> _Exchange:
        if self._exchange is None or self._exchange.transport is None:
            loop = asyncio.get_running_loop()
            _, self._exchange = await loop.create_connection(_Exchange, self._host, self._port)
        return self._exchange

    def close(self) -> None:
        """Drop the connection; an answer still on its way must not be taken for the next request's."""
        if self._exchange:
            self._exchange.close()
            self._exchange = None
