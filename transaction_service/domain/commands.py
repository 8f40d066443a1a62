"""What may be asked of the ledger. Every command carries the key that makes asking twice harmless.

A person's key is `<user id>/<Idempotency-Key>`; `fingerprint` is the digest of the request's body: the same key with
another fingerprint is a mistake of the caller. Amounts are minor units, moments RFC 3339 in UTC with milliseconds
(`contracts.moments`), which compare as text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from contracts.ledger_chain import WORLD
from transaction_service.domain.account import world_account_id

MAIN = "main"
PAYMENT = "payment"
GRANT = "grant"
DEPOSIT = "deposit"
WITHDRAWAL = "withdrawal"


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
class Payee:
    """Who is to get `amount`: a user's main account by `username`, or an account by its id."""

    amount: int
    username: str | None = None
    account: str | None = None


@dataclass(frozen=True, slots=True)
class PostTransfer:
    """Move money from a payer to one or more payees, all or nothing: at once, as a hold, or at a later moment.

    The payer is `owner`'s main account in `currency`, or `payer_account` where one is named. `id` becomes the
    transfer's id. With `expires_at` it is a hold until then; with `execute_at` it is decided then; with `dry_run` the
    same is checked and nothing written. `role` chooses the limits; `actor` is the member of staff behind a deposit
    or a withdrawal, whose payer is named by `owner_username` alone.
    """

    id: str
    key: str
    fingerprint: str
    payees: tuple[Payee, ...]
    currency: str
    owner: str | None
    owner_username: str | None
    role: str = "user"
    payer_account: str | None = None
    note: str = ""
    type: str = PAYMENT
    expires_at: str | None = None
    execute_at: str | None = None
    actor: str | None = None
    dry_run: bool = False
    traceparent: str | None = None

    @property
    def amount(self) -> int:
        """What leaves the payer."""
        return sum(payee.amount for payee in self.payees)

    @property
    def by_account(self) -> tuple[str | None, ...] | None:
        """The payees' accounts where any was asked for by account: the one thing that the answer doesn't tell."""
        accounts = tuple(payee.account for payee in self.payees)
        return accounts if any(accounts) else None

    @classmethod
    def grant(
        cls, *, id: str, user_id: str, account: str, amount: int, currency: str, traceparent: str | None
    ) -> PostTransfer:
        """The sign-up grant: once per user, from the world."""
        return cls(
            id=id,
            key=f"grant:{user_id}",
            fingerprint="",
            payees=(Payee(amount, account=account),),
            currency=currency,
            owner=None,
            owner_username=None,
            payer_account=world_account_id(currency),
            type=GRANT,
            traceparent=traceparent,
        )


class Act(StrEnum):
    """What may be done about a transfer that exists."""

    CAPTURE = "capture"
    VOID = "void"
    EXPIRE = "expire"
    EXECUTE = "execute"
    REFUND = "refund"
    REVERSE = "reverse"


@dataclass(frozen=True, slots=True)
class FollowUp:
    """Do something about the transfer `transfer`. Without `amount`: the whole, or all that is left.

    Capture and void are for both parties of a hold (a scheduled transfer: void by its payer); refund for who was paid;
    reverse for staff, who name the `payee` of a split; expire and execute for the platform itself (no actor).
    """

    id: str
    key: str
    fingerprint: str
    act: str
    transfer: str
    actor: str | None
    role: str = "user"
    amount: int | None = None
    payee: str | None = None
    note: str = ""
    traceparent: str | None = None


class AccountAct(StrEnum):
    """What may be done about an account that exists."""

    FREEZE = "freeze"
    UNFREEZE = "unfreeze"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class ChangeAccount:
    """Freeze or unfreeze (staff) or close (its owner) an account. Asking for what is so already changes nothing."""

    id: str
    key: str
    fingerprint: str
    act: str
    account: str
    actor: str
    role: str = "user"
    reason: str = ""
    traceparent: str | None = None


@dataclass(frozen=True, slots=True)
class ChangeLimits:
    """Set one user's limits in one currency, by the main `account`; what is not named follows the role's own."""

    id: str
    key: str
    fingerprint: str
    account: str
    limits: Mapping[str, int]
    actor: str
    reason: str = ""
    role: str = "admin"
    traceparent: str | None = None


@dataclass(frozen=True, slots=True)
class Atomic:
    """Transfers that are booked all together, or none of them."""

    id: str
    commands: tuple[PostTransfer, ...]
    traceparent: str | None = None


Keyed = OpenAccount | PostTransfer | FollowUp | ChangeAccount | ChangeLimits
"""Commands that are decided one by one, each under its key."""
Command = Keyed | Atomic
