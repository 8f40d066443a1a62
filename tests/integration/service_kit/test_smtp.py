"""Letters handed to a real SMTP server, the stack's own mailbox."""

from __future__ import annotations

import socket
import traceback
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from service_kit.clock import SystemClock
from service_kit.smtp import LetterDelayed, LetterRefused, MailServer, MailServerAway, SmtpPost
from stack.mail.__main__ import smtp_server
from stack.mail.mailbox import Mailbox

ADDRESS = "demo@example.com"


class Refusing:
    """A server that answers each RCPT or each DATA with what it was told."""

    def __init__(self, rcpt: str = "250 OK", data: str = "250 OK") -> None:
        self._rcpt, self._data = rcpt, data

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        envelope.rcpt_tos.append(address)
        return f"{self._rcpt} <{address}>"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's names
        return self._data


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def letter() -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "no-reply@example.com", ADDRESS, "Grüße"
    message.set_content("Hello\n")
    return message


def post_to(port: int, **changes: Any) -> SmtpPost:
    return SmtpPost(MailServer("127.0.0.1", port, timeout_seconds=2, **changes), SystemClock())


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, int]]:
    mailbox, port = Mailbox(), free_port()
    server = smtp_server(mailbox, "127.0.0.1", port)
    server.start()
    yield mailbox, port
    server.stop()


def test_a_letter_arrives_whole(mailbox: tuple[Mailbox, int]) -> None:
    post = post_to(mailbox[1])

    post(letter(), ADDRESS)
    post.check()

    [received] = mailbox[0].all()
    assert (received.envelope_to, received.whole()["Subject"]) == ((ADDRESS,), "Grüße")


def test_a_server_that_is_not_there_is_away() -> None:
    post = post_to(free_port())

    with pytest.raises(MailServerAway):
        post(letter(), ADDRESS)
    with pytest.raises(MailServerAway):
        post.check()


def test_a_server_without_encryption_gets_no_letter_that_must_be_encrypted(mailbox: tuple[Mailbox, int]) -> None:
    for security in ("starttls", "tls"):
        with pytest.raises(MailServerAway):
            post_to(mailbox[1], security=security)(letter(), ADDRESS)

    assert mailbox[0].all() == []


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ({"rcpt": "550 no such user"}, LetterRefused),
        ({"rcpt": "451 later"}, LetterDelayed),
        ({"rcpt": "421 closing"}, MailServerAway),
        ({"data": "554 spam"}, LetterRefused),
        ({"data": "452 full"}, MailServerAway),
    ],
)
def test_a_refusal_for_good_is_told_from_one_for_now(answers: dict[str, str], error: type[Exception]) -> None:
    port = free_port()
    server = Controller(Refusing(**answers), hostname="127.0.0.1", port=port)
    server.start()
    try:
        with pytest.raises(error) as raised:
            post_to(port)(letter(), ADDRESS)
    finally:
        server.stop()
    assert ADDRESS not in "".join(traceback.format_exception(raised.value))
