"""From the ledger's reply to the HTTP answer. The body of what was done passes through untouched."""

from __future__ import annotations

from collections.abc import Callable

import orjson
from flask import Response

from service_kit.errors import Problem
from service_kit.web import problem_response
from transaction_service.domain import Outcome
from transaction_service.protocol import OVERLOADED, Reply
from transaction_service.routes.problems import (
    RETRY_SECONDS,
    AccountIsClosed,
    AccountIsMain,
    AccountNotEmpty,
    AccountNotFound,
    IdempotencyKeyReused,
    LedgerAway,
    NoAccount,
    NotYourAccount,
    OwnAccount,
    SameAccount,
    TooManyAccounts,
    TooManyLookups,
    TransferNotFound,
)
from transaction_service.routes.rejections import Rejected

REPLAYED = ("Idempotent-Replayed", "true")

STATUS: dict[str, int] = {
    Outcome.POSTED: 201,
    Outcome.PENDING: 202,
    Outcome.SCHEDULED: 202,
    Outcome.REFUNDED: 201,
    Outcome.CAPTURED: 200,
    Outcome.VOIDED: 200,
    Outcome.OPENED: 201,
    Outcome.FROZEN: 200,
    Outcome.UNFROZEN: 200,
    Outcome.CLOSED: 200,
}
"""What was done, as HTTP says it."""


def command_answer(reply: Reply, status: int | None = None) -> Response:
    """The body of what was done, with `status` or its own; a problem for everything else.

    Marked where it is a saved answer.
    """
    if reply.status in STATUS:
        response = Response(reply.body, status=status or STATUS[reply.status], content_type="application/json")
    else:
        response = problem_response(problem_of(reply))
    if reply.replayed:
        response.headers.add(*REPLAYED)
    return response


def problem_of(reply: Reply) -> Problem:
    """The problem that a reply stands for when nothing was done."""
    if reply.status == Outcome.REJECTED:
        return Rejected(orjson.loads(reply.body))
    made = _PROBLEMS.get(reply.status)
    return made() if made else Problem()


def ledger_away() -> LedgerAway:
    """What became of it isn't known."""
    return LedgerAway("The outcome is not known; send the same key again.", retry_after=RETRY_SECONDS)


def no_account() -> NoAccount:
    """Nothing is open, or nothing in the currency."""
    return NoAccount("It is opened a moment after sign-up; ask again.", headers={"Retry-After": str(RETRY_SECONDS)})


def too_many_lookups(wait_seconds: int) -> TooManyLookups:
    """Enough strangers for this hour."""
    detail = "Those whom you have saved or paid before can be paid as ever."
    return TooManyLookups(detail, headers={"Retry-After": str(wait_seconds)})


def same_account() -> SameAccount:
    """Payer and payee are one."""
    return SameAccount("Name another user as the payee.")


_PROBLEMS: dict[str, Callable[[], Problem]] = {
    Outcome.KEY_REUSED: lambda: IdempotencyKeyReused("Choose a new key for a new request."),
    Outcome.NO_ACCOUNT: no_account,
    Outcome.NOT_YOUR_ACCOUNT: NotYourAccount,
    Outcome.OWN_ACCOUNT: OwnAccount,
    Outcome.UNKNOWN_TRANSFER: TransferNotFound,
    Outcome.UNKNOWN_ACCOUNT: AccountNotFound,
    Outcome.ACCOUNT_NOT_EMPTY: AccountNotEmpty,
    Outcome.ACCOUNT_IS_MAIN: AccountIsMain,
    Outcome.ACCOUNT_CLOSED: AccountIsClosed,
    Outcome.TOO_MANY_ACCOUNTS: TooManyAccounts,
    OVERLOADED: lambda: LedgerAway(
        "Too many requests are waiting; send the same key again.", retry_after=RETRY_SECONDS
    ),
}
