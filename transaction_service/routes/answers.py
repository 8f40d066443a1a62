"""From the ledger's reply to the HTTP answer. The body of a posted transfer passes through untouched."""

from __future__ import annotations

import orjson
from flask import Response

from service_kit.errors import Problem
from service_kit.web import problem_response
from transaction_service.domain import Outcome
from transaction_service.protocol import OVERLOADED, Reply
from transaction_service.routes.problems import (
    RETRY_SECONDS,
    IdempotencyKeyReused,
    LedgerAway,
    NoAccount,
    NotYourAccount,
    Rejected,
)

REPLAYED = ("Idempotent-Replayed", "true")


def transfer_answer(reply: Reply) -> Response:
    """201 for a posted transfer, a problem for everything else; marked where it is a saved answer."""
    if reply.status == Outcome.POSTED:
        response = Response(reply.body, status=201, content_type="application/json")
    else:
        response = problem_response(problem_of(reply))
    if reply.replayed:
        response.headers.add(*REPLAYED)
    return response


def problem_of(reply: Reply) -> Problem:
    """The problem that a reply other than POSTED stands for."""
    match reply.status:
        case Outcome.REJECTED:
            return Rejected(orjson.loads(reply.body))
        case Outcome.KEY_REUSED:
            return IdempotencyKeyReused("Choose a new key for a new request.")
        case Outcome.NO_ACCOUNT:
            return NoAccount(
                "It is opened a moment after sign-up; ask again.", headers={"Retry-After": str(RETRY_SECONDS)}
            )
        case Outcome.NOT_YOUR_ACCOUNT:
            return NotYourAccount()
        case _ if reply.status == OVERLOADED:
            return LedgerAway("Too many transfers are waiting; send the same key again.", retry_after=RETRY_SECONDS)
        case _:
            return Problem()
