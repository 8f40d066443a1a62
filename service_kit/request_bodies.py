"""Requests whose body is slow to come may not hold every thread of the process.

Granian hands a request to a thread when its head is there, waits there for the body and has no time-out for it (its
issue 728: not planned); nor does WSGI tell which socket a request came by, so that we can't close it either. What we
can do is to count: of THREADS, only BODIES_AT_ONCE may be reading. The others are left for health, metrics, pages and
every body that came with its head. A server that faces the internet wants a proxy that buffers requests before it.
"""

from __future__ import annotations

from threading import BoundedSemaphore
from typing import Any, Protocol

from werkzeug.exceptions import ClientDisconnected

from service_kit.errors import Unavailable

BODIES_AT_ONCE = 80
"""More than the 64 clients that the platform is measured with."""
SPARE_THREADS = 16
THREADS = BODIES_AT_ONCE + SPARE_THREADS


class TooManyBodies(Unavailable):
    """So many requests are being read that one more could leave no thread for anything else."""

    code = "too_many_requests_at_once"
    title = "Too many requests are being sent at once"


class _Stream(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


class RequestBody:
    """`wsgi.input` of one request that has a body; werkzeug's LimitedStream asks it for nothing but `read`.

    A place is held while a read lasts and not for the whole request: a body that is there already is read at once, so
    a burst of many good requests finds its places.
    """

    __slots__ = ("_left", "_places", "_stream", "is_read", "length")

    def __init__(self, stream: _Stream, length: int | None, places: BoundedSemaphore) -> None:
        """`length`: what Content-Length says; None for a chunked body."""
        self._stream = stream
        self.length = length
        self._left = length
        self._places = places
        self.is_read = length == 0

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes; b"" at the end.

        Raises:
            TooManyBodies: no place is free. Nothing has been read.
            ClientDisconnected: (werkzeug: 400) the body ended before its length. Granian doesn't tell, and the first
                half of a form may well be a valid form with a smaller amount.
        """
        if self.is_read:
            return b""
        if not self._places.acquire(blocking=False):
            raise TooManyBodies
        try:
            data = self._stream.read(size)
        finally:
            self._places.release()
        self._count(len(data), size)
        return data

    def read_to_the_end(self) -> bytes:
        """All of a body whose length is known: what werkzeug's streams around this one do, at a sixth of their cost.

        Raises: as `read` does. How long it may be is the caller's to look at before.
        """
        assert self._left is not None, "a chunked body ends nobody knows where"  # noqa: S101
        data = self.read(self._left)
        while not self.is_read:
            data += self.read(self._left)
        return data

    def _count(self, came: int, size: int) -> None:
        if self._left is not None:
            self._left -= came
            self.is_read = self._left <= 0
        if came == 0 and size != 0:
            if self._left:
                raise ClientDisconnected
            self.is_read = True


def body_of(environ: dict[str, Any], places: BoundedSemaphore) -> RequestBody | None:
    """Put a RequestBody in `environ` if the request has a body, and return it."""
    length = environ.get("CONTENT_LENGTH") or "0"
    if "HTTP_TRANSFER_ENCODING" in environ:
        body = RequestBody(environ["wsgi.input"], None, places)
    elif length != "0":
        # Granian has refused what is no number.
        body = RequestBody(environ["wsgi.input"], int(length), places)
    else:
        return None
    environ["wsgi.input"] = body
    return body
