"""Why the ledger decides against something, told to callers: one place for every Reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from service_kit.errors import Problem
from transaction_service.domain import Reason
from transaction_service.routes.problems import SameAccount


@dataclass(frozen=True, slots=True)
class Explained:
    """A reason's title, what it means, and what the caller can do."""

    title: str
    detail: str
    advice: str


class Rejected(Problem):
    """The ledger decided against it: saved with its key, final. `code` is the Reason, `transfer` the attempt."""

    status = 422

    def __init__(self, transfer: dict[str, Any]) -> None:
        reason = Reason(transfer["reason"])
        explained = EXPLAINED[reason]
        super().__init__(explained.detail, transfer=transfer)
        self.code = str(reason)
        self.title = explained.title


EXPLAINED: dict[Reason, Explained] = {
    Reason.INSUFFICIENT_FUNDS: Explained(
        "The account does not hold enough",
        "`transfer.available` says what may be spent, in minor units.",
        "Send less, or again with a new key when there is more.",
    ),
    Reason.UNKNOWN_PAYEE: Explained(
        "There is no such payee",
        "Nobody of that username has an account.",
        "Check the username; somebody who has just signed up can be paid a moment later, with a new key.",
    ),
    Reason.CURRENCY_MISMATCH: Explained(
        "The accounts are not in that currency",
        "Payer and payee both need an account in the transfer's currency.",
        "Use a currency in which both have an account, or open one.",
    ),
    Reason.SAME_ACCOUNT: Explained(
        SameAccount.title, "An account is named twice in this transfer.", "Name each account once."
    ),
    Reason.LIMIT_EXCEEDED: Explained(
        "This is more than you may send",
        "`transfer.limit` names the limit, `transfer.allowed` what would be allowed now, in minor units.",
        "Send no more than `transfer.allowed`, wait until the limit's minute or day (UTC) is over, or ask support. "
        "With `transfer.limit` `scheduled`, call off some of what the account is to pay later. "
        "With `transfer.raised_by` `email_confirmation`, confirm your e-mail: the next token has a user's limits.",
    ),
    Reason.ACCOUNT_FROZEN: Explained(
        "The account is frozen",
        "Nothing can be paid from it until support has unfrozen it.",
        "Use another account, or ask support.",
    ),
    Reason.ACCOUNT_CLOSED: Explained("The account is closed", "Nothing can be paid from it.", "Use another account."),
    Reason.PAYEE_UNAVAILABLE: Explained(
        "The payee cannot be paid now",
        "The payee's account does not take payments.",
        "Ask the payee; try again later with a new key.",
    ),
    Reason.PAYEE_NOT_NAMED: Explained(
        "It must be said which payee is meant",
        "The transfer has several payees: a hold of theirs is captured whole, a reversal names one of them.",
        "Capture the whole amount, or name the payee.",
    ),
    Reason.NOT_PENDING: Explained(
        "The transfer is not pending",
        "Only a hold that has neither been captured nor ended can be captured or voided.",
        "Look at the transfer's status; what was posted can be refunded.",
    ),
    Reason.NOT_REFUNDABLE: Explained(
        "This transfer can't be paid back",
        "Only what was posted can be paid back, and a payment back not again.",
        "Look at the transfer's type and status; a hold is voided, what was paid back is sent anew.",
    ),
    Reason.EXCEEDS_HOLD: Explained(
        "This is more than was held", "`transfer.held` is the most that can be captured.", "Capture `held` or less."
    ),
    Reason.EXCEEDS_PAID: Explained(
        "This is more than was paid",
        "`transfer.left` is the most that can still be paid back.",
        "Pay back `left` or less; 0 means that all of it has gone back.",
    ),
}
