"""Handing a letter to a mail server (RFC 5321). What can't be handed over is told apart by what would help."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any, Literal

from pydantic import SecretStr

from service_kit.clock import Clock

Security = Literal["none", "starttls", "tls"]
HELLO_SECONDS = 60.0
"""How long a mail server that answered counts as well: it isn't asked with every look at our readiness."""
PERMANENT = 500
"""RFC 5321, section 4.2.1: 5yz is a refusal for good, 4yz one for now."""
CLOSING = 421
"""RFC 5321, section 4.2.3: the server shuts down, whatever it was asked."""

TAKEN_STEPS = 3
"""So many times the limit of a step for the answer to the letter itself."""
QUIT_SECONDS = 1.0


class NotPosted(Exception):
    """A letter was not handed over. `code` is the server's reply (RFC 5321, section 4.2), None where it gave none."""

    def __init__(self, says: str, code: int | None = None) -> None:
        super().__init__(says)
        self.code = code


class MailServerAway(NotPosted):
    """It can't be reached, refuses our log-in or our sender, or asks us to come later: no letter would fare better."""


class LetterRefused(NotPosted):
    """The server refuses this letter or its address for good; the next letter may go."""


class LetterDelayed(NotPosted):
    """The server doesn't take letters to this address for now (a full mailbox, greylisting); the next letter may go."""


@dataclass(frozen=True)
class MailServer:
    """Where letters are handed over. `timeout_seconds`: for each step; the answer to a letter may take TAKEN_STEPS."""

    host: str
    port: int
    security: Security = "none"
    user: str = ""
    password: SecretStr = field(default_factory=lambda: SecretStr(""))
    timeout_seconds: float = 10.0


class _Patient(smtplib.SMTP):
    """Waits longer for the answer to a whole letter than for any other: a server that reads it first would take it, and
    get it again (RFC 5321, section 4.5.3.2.6)."""

    def data(self, msg: Any) -> tuple[int, bytes]:
        """As smtplib's own."""
        if self.sock is not None:
            self.sock.settimeout(TAKEN_STEPS * self.timeout)
        return super().data(msg)


class _PatientTls(_Patient, smtplib.SMTP_SSL):
    """The same, encrypted from the beginning."""


class SmtpPost:
    """Hands letters over, each by a connection of its own: there are few, and a kept one would be closed meanwhile."""

    def __init__(self, server: MailServer, clock: Clock) -> None:
        self._server = server
        self._clock = clock
        self._answered_at = float("-inf")

    def __call__(self, letter: EmailMessage, address: str) -> None:
        """Return once the server has taken it for `address`; several threads may call.

        Raises MailServerAway, LetterRefused, LetterDelayed. Their causes are left out: the server's words repeat the
        address, which belongs in no trace and no log.
        """
        with self._connection() as connection:
            try:
                connection.send_message(letter, to_addrs=[address])
            except smtplib.SMTPRecipientsRefused as refused:
                [(code, _)] = refused.recipients.values()
                raise _by_code(code, of_address=True) from None
            except smtplib.SMTPDataError as refused:
                raise _by_code(refused.smtp_code) from None
            except smtplib.SMTPNotSupportedError:
                raise LetterRefused("the server takes no letters for such an address") from None

    def check(self) -> None:
        """A readiness check; raises MailServerAway. A server that answered a minute ago isn't bothered again."""
        if self._clock.monotonic() - self._answered_at > HELLO_SECONDS:
            with self._connection() as connection:
                connection.noop()

    @contextmanager
    def _connection(self) -> Iterator[smtplib.SMTP]:
        try:
            connection = self._connect()
            try:
                yield connection
            except BaseException:
                connection.close()
                raise
        except (smtplib.SMTPException, OSError) as error:
            self._answered_at = float("-inf")
            raise MailServerAway(f"{type(error).__name__}: {error}") from error
        self._answered_at = self._clock.monotonic()
        with suppress(smtplib.SMTPException, OSError):  # it has taken the letter: a bad good-bye doesn't matter
            assert connection.sock is not None  # noqa: S101
            connection.sock.settimeout(QUIT_SECONDS)
            connection.quit()

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        if server.security == "tls":
            connection: smtplib.SMTP = _PatientTls(
                server.host, server.port, timeout=server.timeout_seconds, context=ssl.create_default_context()
            )
        else:
            connection = _Patient(server.host, server.port, timeout=server.timeout_seconds)
        try:
            if server.security == "starttls":
                connection.starttls(context=ssl.create_default_context())
            if server.user:
                connection.login(server.user, server.password.get_secret_value())
        except BaseException:
            connection.close()
            raise
        return connection


def _by_code(code: int, *, of_address: bool = False) -> NotPosted:
    if code >= PERMANENT:
        return LetterRefused(f"the server refuses the letter: {code}", code)
    if of_address and code != CLOSING:
        return LetterDelayed(f"the server takes nothing to this address for now: {code}", code)
    return MailServerAway(f"the server asks to come later: {code}", code)
