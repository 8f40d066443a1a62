"""Letters to people, and the links in some of them (docs/decisions/0028)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

LetterKind = Literal[
    "confirm_email",
    "already_registered",
    "reset_password",
    "password_changed",
    "confirm_new_email",
    "approve_new_email",
    "email_changed",
]
LINK_LIFETIME: dict[LetterKind, timedelta] = {
    "confirm_email": timedelta(hours=24),
    "reset_password": timedelta(minutes=30),
    "confirm_new_email": timedelta(hours=24),
    "approve_new_email": timedelta(hours=24),
}
"""The letters with a link, and how long after it was asked for it works."""
EMAIL_CHANGE_LETTERS: tuple[LetterKind, ...] = ("confirm_new_email", "approve_new_email")
"""What a wish for another address is agreed to by."""
NOTICE_WORTH = timedelta(hours=24)
"""A letter without a link that couldn't be sent for so long is news to nobody."""
LETTERS_PER_WINDOW = 5
"""Of one kind to one address: nobody can be buried in letters by somebody who knows their address."""
LETTERS_WINDOW = timedelta(hours=1)


def letters_window(kind: LetterKind) -> timedelta:
    """For how long a letter counts: no longer than its link works, so that nobody who asks is left without one."""
    return min(LETTERS_WINDOW, LINK_LIFETIME.get(kind, LETTERS_WINDOW))


@dataclass(frozen=True)
class MailOrder:
    """A letter that is due, without any secret: a link is made at the moment when it is sent.

    `user_id` None: it is for whoever has confirmed the address, should there be somebody. `about`: the change of
    address that it belongs to. `tries`: how often it was taken; who holds a lower number than the store has lost it.
    """

    id: str
    kind: LetterKind
    address: str
    user_id: str | None
    ordered_at: datetime
    traceparent: str | None = None
    about: str = ""
    tries: int = 0

    @property
    def is_notice(self) -> bool:
        """Whether it tells of something that has happened. Wishes for links, which are many's to make, come after."""
        return self.kind not in LINK_LIFETIME

    @property
    def worthless_at(self) -> datetime:
        """When it needn't be sent any more; that of a link is the end of the link."""
        return self.ordered_at + LINK_LIFETIME.get(self.kind, NOTICE_WORTH)


@dataclass(frozen=True)
class MailLink:
    """A link that was sent, known by its token's SHA-256. Whoever has the token reads mail at `address`."""

    hash: str
    kind: LetterKind
    user_id: str
    address: str
    expires_at: datetime
    about: str = ""


def address_key(address: str) -> str:
    """What makes two addresses the same: capitals don't, wherever they stand. Mail servers hold it so.

    No more than that: case folding would make `ß` and `ss` one, which are two mailboxes.
    """
    return address.lower()


def address_hash(address: str) -> str:
    """For counting letters to an address without keeping it."""
    return hashlib.sha256(address_key(address).encode()).hexdigest()
