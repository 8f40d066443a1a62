"""What may be asked of the ledger. Every command carries the key that makes asking twice harmless."""

from __future__ import annotations

from dataclasses import dataclass

from contracts.ledger_chain import WORLD
from transaction_service.domain.account import world_account_id

MAIN = "main"
PAYMENT = "payment"
GRANT = "grant"


@dataclass(frozen=True, slots=True)
class OpenAccount:
    """Open an account of one currency for a user, or the world's own (no user)."""

    id: str
    account: str
    user_id: str | None
    username: str | None
    currency: str
    origin: str
    purpose: str = MAIN
    traceparent: str | None = None

    @property
    def key(self) -> str:
        """One account per owner, currency and purpose, however often it is asked for."""
        return f"open:{self.user_id or WORLD}:{self.currency}:{self.purpose}"

    @property
    def fingerprint(self) -> str:
        """The key says all; there is no other body it could come with."""
        return ""


@dataclass(frozen=True, slots=True)
class PostTransfer:
    """Move `amount` minor units from a payer to a payee, at once or not at all.

    The payer is `owner`'s account in `currency`, or `payer_account` where one is named. The payee is a username, or
    an account's id (grants). `id` becomes the transfer's id. `fingerprint` is the digest of the request's body:
    the same `key` with another fingerprint is a mistake of the caller.
    """

    id: str
    key: str
    fingerprint: str
    amount: int
    currency: str
    owner: str | None
    owner_username: str | None
    payer_account: str | None = None
    payee_username: str | None = None
    payee_account: str | None = None
    note: str = ""
    type: str = PAYMENT
    traceparent: str | None = None

    @classmethod
    def grant(
        cls, *, id: str, user_id: str, account: str, amount: int, currency: str, traceparent: str | None
    ) -> PostTransfer:
        """The sign-up grant: once per user, from the world."""
        return cls(
            id=id,
            key=f"grant:{user_id}",
            fingerprint="",
            amount=amount,
            currency=currency,
            owner=None,
            owner_username=None,
            payer_account=world_account_id(currency),
            payee_account=account,
            type=GRANT,
            traceparent=traceparent,
        )


Command = OpenAccount | PostTransfer
