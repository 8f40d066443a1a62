"""What a person is about to send, between the form and their yes.

It travels in the service's signed cookie, so that its URL says nothing but the key, an expired session loses nothing,
and nothing has to be tidied up. A draft is its author's alone, and only the latest few are kept: a cookie is small.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from flask import session

from transaction_service.domain import Payee
from transaction_service.use_cases import Payment

_DRAFTS = "drafts"
_UNSENT = "unsent"
KEPT = 3


@dataclass(frozen=True, slots=True)
class Draft:
    """A payment by `author` (a user id) to `payee` (a username) or `own` (an account of theirs), in minor units."""

    author: str
    account: str
    currency: str
    amount: int
    payee: str = ""
    own: str = ""
    note: str = ""
    hold_seconds: int | None = None
    execute_at: str | None = None

    def payment(self, *, dry_run: bool = False) -> Payment:
        """As the use case takes it; always the same for the same draft, and so is its fingerprint."""
        payee = Payee(self.amount, account=self.own) if self.own else Payee(self.amount, username=self.payee)
        return Payment(
            payees=(payee,),
            currency=self.currency,
            note=self.note,
            payer_account=self.account,
            hold_seconds=self.hold_seconds,
            execute_at=self.execute_at,
            dry_run=dry_run,
        )


def keep(key: str, draft: Draft) -> None:
    """Keep a draft under the key that its payment will have."""
    latest = list(_all().items())[1 - KEPT :]
    session[_DRAFTS] = dict([*latest, (key, asdict(draft))])


def find(key: str, author: str) -> Draft | None:
    """The author's draft of that key."""
    found = _all().get(key)
    return Draft(**found) if found and found["author"] == author else None


def drop(key: str) -> None:
    """It was sent."""
    session[_DRAFTS] = {other: draft for other, draft in _all().items() if other != key}


def keep_unsent(fields: dict[str, str]) -> None:
    """What somebody typed whose session had ended, for when they are back."""
    session[_UNSENT] = fields


def take_unsent() -> dict[str, str]:
    """What was typed before the log-in; empty where nothing was."""
    unsent: dict[str, str] = session.pop(_UNSENT, {})
    return unsent


def _all() -> dict[str, dict[str, Any]]:
    drafts: dict[str, dict[str, Any]] = session.get(_DRAFTS, {})
    return drafts
