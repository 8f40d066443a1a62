"""Connections that go only where they may, and never take longer or read more than they are given.

The address is judged where it is connected to: a name is resolved here, each of its addresses is looked at, and the
socket gets that very address. A name that says something else a moment later (DNS rebinding) is not asked again.
"""

from __future__ import annotations

import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import httpcore

from notification_service.domain.address import Network, address_of, is_among, is_public
from notification_service.domain.target import PUBLIC_PORTS

CONNECT_SECONDS = 5.0
NOT_ALLOWED, HTTPS_REQUIRED, PORT_NOT_ALLOWED = "address_not_allowed", "https_required", "port_not_allowed"
"""Causes: the address is private; it is public, and so takes neither plain HTTP nor any port."""
Resolve = Callable[[str, int, float], Sequence[str]]
"""The addresses of a host name and port, within so many seconds; raises OSError, httpcore.ConnectTimeout."""


class AddressRefused(Exception):
    """Every address of the host is one that a webhook may not go to, or not so; `cause` is a short stable word."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


class AnswerTooLong(httpcore.ReadError):
    """More came than is read of an answer."""


class Budget:
    """What one request may take: until when, and how many bytes of answer."""

    def __init__(self, seconds: float, size: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until = clock() + seconds
        self._size = size

    def shorten(self, seconds: float, size: int) -> None:
        """From now on at most this."""
        self._until = min(self._until, self._clock() + seconds)
        self._size = min(self._size, size)

    def seconds(self, at_most: float | None, spent: type[Exception]) -> float:
        """How long the next step may take; raises `spent` where nothing is left."""
        left = self._until - self._clock()
        if left <= 0:
            raise spent("the time for the request is over")
        return left if at_most is None else min(left, at_most)

    def take(self, size: int) -> None:
        """So much was read; raises AnswerTooLong."""
        self._size -= size
        if self._size < 0:
            raise AnswerTooLong


class _Stream(httpcore.NetworkStream):
    """A stream within its budget."""

    def __init__(self, stream: httpcore.NetworkStream, budget: Budget) -> None:
        self._stream = stream
        self._budget = budget

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._stream.read(max_bytes, self._budget.seconds(timeout, httpcore.ReadTimeout))
        self._budget.take(len(data))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._budget.seconds(timeout, httpcore.WriteTimeout))

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = self._budget.seconds(timeout, httpcore.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, left), self._budget)

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class GuardedBackend(httpcore.NetworkBackend):
    """httpcore's way to the network, for one request.

    Args:
        private: networks that may be connected to although they are private.
        plain: whether the request is not encrypted, and so may go to those alone.
    """

    def __init__(self, private: Sequence[Network], plain: bool, budget: Budget, resolve: Resolve) -> None:
        self._private = private
        self._plain = plain
        self._budget = budget
        self._resolve = resolve
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Raises AddressRefused beside httpcore's own."""
        judged = {found: self._objection(found, port) for found in self._addresses(host, port)}
        addresses = [found for found, objection in judged.items() if objection is None]
        if not addresses:
            raise AddressRefused(next((why for why in judged.values() if why != NOT_ALLOWED), None) or NOT_ALLOWED)
        failed: Exception | None = None
        for address in addresses:
            try:
                left = self._budget.seconds(CONNECT_SECONDS, httpcore.ConnectTimeout)
                stream = self._sockets.connect_tcp(address, port, left, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = failed or error
            else:
                return _Stream(stream, self._budget)
        raise failed or AddressRefused(NOT_ALLOWED)

    def _addresses(self, host: str, port: int) -> Sequence[str]:
        if address_of(host) is not None:
            return [host]
        try:
            return self._resolve(host, port, self._budget.seconds(CONNECT_SECONDS, httpcore.ConnectTimeout))
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError("the name was not resolved") from error

    def _objection(self, text: str, port: int) -> str | None:
        """Why not to connect there. A name might have been a private target's; now it shows whose it is."""
        address = address_of(text)
        if address is None:
            return NOT_ALLOWED
        if is_among(address, self._private):
            return None
        if not is_public(address):
            return NOT_ALLOWED
        if self._plain:
            return HTTPS_REQUIRED
        return None if port in PUBLIC_PORTS else PORT_NOT_ALLOWED


def resolve(host: str, port: int, seconds: float) -> Sequence[str]:
    """Ask the system's resolver, which knows no time limit: in a daemon thread that is left behind if need be.

    Raises: OSError (socket.gaierror), httpcore.ConnectTimeout.
    """
    answer: queue.SimpleQueue[Sequence[str] | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
            answer.put(list(dict.fromkeys(str(entry[4][0]) for entry in found)))
        except (OSError, UnicodeError) as error:
            answer.put(error)

    threading.Thread(target=ask, name="resolve", daemon=True).start()
    try:
        found = answer.get(timeout=seconds)
    except queue.Empty:
        raise httpcore.ConnectTimeout("the name was not resolved in time") from None
    if isinstance(found, Exception):
        raise found
    return found
