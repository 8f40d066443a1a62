"""One POST to a webhook's receiver, within limits; redirects are not followed, proxies of the environment not used."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

import certifi
import httpcore

from notification_service.domain.address import Network
from notification_service.domain.target import Target
from notification_service.webhooks.connecting import (
    AddressRefused,
    AnswerTooLong,
    Budget,
    GuardedBackend,
    Resolve,
    resolve,
)
from service_kit.clock import Clock

TOTAL_SECONDS = 15.0
"""From the name's resolution to the answer's head. The specification asks for 15 to 30 s."""
HEAD_BYTES = 64 * 1024
BODY_BYTES, BODY_SECONDS = 4 * 1024, 1.0
"""Of an answer's body nothing is used. So much of it is taken, for a receiver that would rather end its sentence."""
_SECONDS = re.compile(r"[0-9]{1,9}")
_CAUSES: tuple[tuple[type[BaseException], str], ...] = (
    (ssl.SSLCertVerificationError, "certificate_not_valid"),
    (ssl.SSLError, "tls_failed"),
    (socket.gaierror, "name_not_found"),
    (UnicodeError, "name_not_found"),
    (ConnectionRefusedError, "connection_refused"),
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the receiver said; `retry_after` in seconds, as it asked for."""

    status: int
    retry_after: float | None = None


class NoAnswer(Exception):
    """There was none; `cause` is a short stable word for why."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


class Forbidden(NoAnswer):
    """It would have gone to an address that webhooks may not go to, or may not in this way."""


class WebhookClient:
    """Safe to share between threads: each request has a connection of its own, made and closed with it."""

    def __init__(
        self,
        private: Sequence[Network],
        clock: Clock,
        *,
        trusted: ssl.SSLContext | None = None,
        resolve: Resolve = resolve,
        total_seconds: float = TOTAL_SECONDS,
    ) -> None:
        """`trusted`: whose certificates are believed; those of certifi if nothing is said."""
        self._private = private
        self._clock = clock
        self._trusted = trusted or ssl.create_default_context(cafile=certifi.where())
        self._resolve = resolve
        self._total_seconds = total_seconds

    def post(self, target: Target, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send it, and return whatever status was answered. Raises NoAnswer, Forbidden."""
        budget = Budget(self._total_seconds, HEAD_BYTES)
        backend = GuardedBackend(self._private, target.scheme == "http", budget, self._resolve)
        origin = httpcore.Origin(target.scheme.encode(), target.host.encode(), target.port)
        try:
            with httpcore.HTTPConnection(
                origin, ssl_context=self._trusted, keepalive_expiry=0, network_backend=backend
            ) as connection:
                return self._exchange(connection, target, headers, body, budget)
        except AddressRefused as refused:
            raise Forbidden(refused.cause) from None
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as error:
            raise NoAnswer(_cause(error)) from error

    def _exchange(
        self,
        connection: httpcore.HTTPConnection,
        target: Target,
        headers: Mapping[str, str],
        body: bytes,
        budget: Budget,
    ) -> Answer:
        url = httpcore.URL(
            scheme=target.scheme.encode(), host=target.host.encode(), port=target.port, target=target.path.encode()
        )
        sent = {"host": target.authority, **headers, "connection": "close"}
        with connection.stream("POST", url, headers=list(sent.items()), content=body) as response:
            _take(response, budget)
            told = {name.lower(): value for name, value in response.headers}
            return Answer(response.status, _retry_after(told.get(b"retry-after"), self._clock.now()))


def _take(response: httpcore.Response, budget: Budget) -> None:
    """A little of the body, for a little while. The receiver has decided: what goes wrong here changes nothing."""
    budget.shorten(BODY_SECONDS, BODY_BYTES)
    with contextlib.suppress(httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError):
        for _ in response.iter_stream():
            pass


def _retry_after(value: bytes | None, now: datetime) -> float | None:
    """Seconds or an HTTP date (RFC 9110, section 10.2.3); None for anything else, and for what is over."""
    text = (value or b"").decode("latin-1").strip()
    if _SECONDS.fullmatch(text):
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    seconds = (at - now).total_seconds() if at.tzinfo else 0.0
    return seconds if seconds > 0 else None


def _cause(error: Exception) -> str:
    because = error.__cause__
    if isinstance(error, AnswerTooLong):
        return "answer_too_long"
    if isinstance(error, httpcore.TimeoutException):
        return "connect_timeout" if isinstance(error, httpcore.ConnectTimeout) else "timeout"
    if isinstance(error, httpcore.ProtocolError):
        return "no_answer" if "disconnected" in str(error) else "not_http"
    for kind, cause in _CAUSES:
        if isinstance(because, kind):
            return cause
    return "unreachable" if isinstance(error, httpcore.ConnectError) else "connection_lost"
