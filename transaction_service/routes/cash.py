"""Money from and to the outside, by the platform's staff."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response

from service_kit.operations import Operation, Operations
from transaction_service.ledger_client import LedgerUnavailable
from transaction_service.protocol import Reply
from transaction_service.routes.answers import command_answer, ledger_away
from transaction_service.routes.asking import asking, writer
from transaction_service.routes.payment_bodies import username_of
from transaction_service.use_cases import Ask, Cash


def cash_routes(operations: Operations, cash: Cash) -> Blueprint:
    """The blueprint, with what it needs handed in."""
    api = Blueprint("cash", __name__)
    _add(api, operations["post_deposit"], cash.deposit)
    _add(api, operations["post_withdrawal"], cash.withdraw)
    return api


def _add(api: Blueprint, operation: Operation, move: Callable[[Ask, str, int, str, str], Reply]) -> None:
    @operation.route(api)
    def post() -> Response:
        ask, body = asking(writer(staff=True), operation.parameters()), operation.body()
        try:
            reply = move(ask, username_of(body["username"]), body["amount"], body["currency"], body["note"])
        except LedgerUnavailable:
            raise ledger_away() from None
        return command_answer(reply)
