"""Letters that are due."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from auth_service.domain import LetterKind, MailLink, MailOrder


class MailOrders(Protocol):
    """Letters that are due."""

    def add(self, order: MailOrder) -> None:
        """One that goes with no other change."""

    def take(self, now: datetime, put_off_until: datetime) -> MailOrder | None:
        """The one that has been due for longest, notices first; it isn't due again before `put_off_until`."""

    def put_off(self, order: MailOrder, until: datetime) -> None:
        """It couldn't be sent; unless another has taken it since, it is due again then."""

    def link(self, order: MailOrder, link: MailLink) -> bool:
        """Keep the link; False, and nothing kept, where the order was withdrawn or taken by another."""

    def remove(self, order: MailOrder) -> None:
        """It won't be sent."""

    def sent(self, order: MailOrder, kind: LetterKind, at: datetime) -> None:
        """It has been sent, as a letter of `kind`."""

    def sent_since(self, address: str, kind: LetterKind, moment: datetime) -> int:
        """How many letters of `kind` have gone to the address after `moment`."""
