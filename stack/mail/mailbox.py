"""The mails that came, the newest first, in the form in which Mailpit's API tells them.

Mailpit (https://mailpit.axllent.org/docs/api-v1/) is what docker compose runs, so tests read both alike. Only the
members that it and we both have are given.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.headerregistry import AddressHeader
from email.message import EmailMessage
from typing import Any
from uuid import uuid4

KEPT = 500
"""Older ones make room. They are in memory: a restart empties the mailbox."""
SNIPPET_CHARACTERS = 250


@dataclass(frozen=True)
class Received:
    """One mail. `envelope_to` is whom the sender named to the server; a header may say something else."""

    id: str
    at: datetime
    envelope_from: str
    envelope_to: tuple[str, ...]
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.raw, policy=policy.default)

    def body(self, kind: str) -> str:
        """`plain` or `html`; "" where the mail has none."""
        part = self.message.get_body((kind,))
        return str(part.get_content()).replace("\r\n", "\n") if part is not None else ""

    def is_to(self, address: str) -> bool:
        return address.casefold() in (to.casefold() for to in self.envelope_to)

    def summary(self) -> dict[str, Any]:
        """As `GET /api/v1/messages` lists it."""
        return {
            **self._head(),
            "Read": False,
            "Created": self.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "Attachments": 0,
            "Snippet": " ".join(self.body("plain").split())[:SNIPPET_CHARACTERS],
        }

    def whole(self) -> dict[str, Any]:
        """As `GET /api/v1/message/{ID}` tells it."""
        return {
            **self._head(),
            "ReturnPath": self.envelope_from,
            "Date": self.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "Text": self.body("plain"),
            "HTML": self.body("html"),
            "Inline": [],
            "Attachments": [],
        }

    def _head(self) -> dict[str, Any]:
        message = self.message
        senders = _addresses(message["From"])
        return {
            "ID": self.id,
            "MessageID": str(message["Message-ID"] or "").strip("<>"),
            "From": senders[0] if senders else {"Name": "", "Address": self.envelope_from},
            "To": _addresses(message["To"]) or [{"Name": "", "Address": to} for to in self.envelope_to],
            "Cc": _addresses(message["Cc"]),
            "Bcc": [],
            "ReplyTo": _addresses(message["Reply-To"]),
            "Subject": str(message["Subject"] or ""),
            "Tags": [],
            "Size": len(self.raw),
        }


def _addresses(header: AddressHeader | None) -> list[dict[str, str]]:
    if header is None:
        return []
    return [{"Name": each.display_name, "Address": each.addr_spec} for each in header.addresses]


class Mailbox:
    """The last KEPT mails; written by the SMTP server's thread, read by the web's."""

    def __init__(self, kept: int = KEPT) -> None:
        self._mails: deque[Received] = deque(maxlen=kept)
        self._lock = threading.Lock()

    def receive(self, envelope_from: str, envelope_to: Iterable[str], raw: bytes) -> Received:
        mail = Received(uuid4().hex, datetime.now(UTC), envelope_from, tuple(envelope_to), raw)
        with self._lock:
            self._mails.appendleft(mail)
        return mail

    def all(self) -> list[Received]:
        """The newest first."""
        with self._lock:
            return list(self._mails)

    def by_id(self, id: str) -> Received | None:
        """`latest` is the newest."""
        mails = self.all()
        if id == "latest":
            return mails[0] if mails else None
        return next((mail for mail in mails if mail.id == id), None)

    def search(self, query: str) -> list[Received]:
        """Mailpit's `to:address` and `subject:word`; words without a name are looked for in subject and text."""
        found = self.all()
        for word in query.split():
            name, _, value = word.partition(":")
            if name == "to" and value:
                found = [mail for mail in found if mail.is_to(value.strip('"'))]
            elif name == "subject" and value:
                found = [
                    mail for mail in found if value.strip('"').casefold() in str(mail.message["Subject"]).casefold()
                ]
            else:
                found = [mail for mail in found if word.casefold() in _searched(mail)]
        return found

    def empty(self) -> None:
        with self._lock:
            self._mails.clear()


def _searched(mail: Received) -> str:
    return f"{mail.message['Subject']} {mail.body('plain')}".casefold()
