"""What a transfer can fail with, as HTTP sees it."""

from __future__ import annotations

from typing import Any

from service_kit.errors import BadRequest, Conflict, Forbidden, Problem, Unavailable

RETRY_SECONDS = 1


class IdempotencyKeyMissing(BadRequest):
    """Without a key a repeated request would be a second transfer."""

    code = "idempotency_key_missing"
    title = "The header Idempotency-Key is required"


class IdempotencyKeyInvalid(BadRequest):
    """Keys are 1 to 128 visible ASCII characters."""

    code = "idempotency_key_invalid"
    title = "The header Idempotency-Key is not usable"


class IdempotencyKeyReused(Problem):
    """The key belongs to another request of the same payer."""

    status = 422
    code = "idempotency_key_reused"
    title = "This Idempotency-Key was used for another request"


class NoAccount(Conflict):
    """The payer's account isn't open yet: it follows the sign-up within a moment."""

    code = "no_account"
    title = "You have no account yet"


class NotYourAccount(Forbidden):
    """Whether the account exists at all is not told."""

    code = "not_your_account"
    title = "This is not an account of yours"


class LedgerAway(Unavailable):
    """The outcome is not known; the same key will tell."""

    code = "ledger_unavailable"
    title = "The ledger is not available right now"


class SameAccount(Problem):
    """Payer and payee are one."""

    status = 422
    code = "same_account"
    title = "You cannot send money to yourself"


class Rejected(Problem):
    """The ledger decided against the transfer: saved with its key, final. `code` is the reason."""

    status = 422

    def __init__(self, transfer: dict[str, Any]) -> None:
        reason = transfer["reason"]
        super().__init__(_DETAILS[reason], transfer=transfer)
        self.code = reason
        self.title = _TITLES[reason]


_TITLES = {
    "insufficient_funds": "The account does not hold enough",
    "unknown_payee": "There is no such payee",
    "currency_mismatch": "The accounts are not in that currency",
    "same_account": SameAccount.title,
}
_DETAILS = {
    "insufficient_funds": "`transfer.available` says what may be spent, in minor units.",
    "unknown_payee": "Nobody of that username has an account.",
    "currency_mismatch": "Payer and payee both need an account in the transfer's currency.",
    "same_account": "Payer and payee are the same account.",
}
