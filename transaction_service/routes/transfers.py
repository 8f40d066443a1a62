"""Sending money, and what is done about a transfer later."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, Response

from service_kit.operations import Operations
from service_kit.tracing import current_traceparent
from transaction_service.domain import Act
from transaction_service.ledger_client import LedgerUnavailable
from transaction_service.routes.answers import command_answer, ledger_away, same_account
from transaction_service.routes.asking import asking, demand_proof, writer
from transaction_service.routes.document import KEY_HEADER, key_missing
from transaction_service.routes.payment_bodies import payment_of, username_of
from transaction_service.use_cases import Ask, OwnAccountError, Transfers


def transfer_routes(
    operations: Operations, transfers: Transfers, now: Callable[[], datetime], step_up_from: int
) -> Blueprint:
    """The blueprint, with what it needs handed in. `now` is UTC."""
    api = Blueprint("transfers", __name__)
    posting = operations["post_transfer"]

    @posting.route(api)
    def post_transfer() -> Response:
        who = writer()
        key = posting.parameters().get(KEY_HEADER)
        payment = payment_of(posting.body(), now())
        if key is None and not payment.dry_run:
            raise key_missing()
        if not payment.dry_run:
            demand_proof(who, [payment], step_up_from, now())
        try:
            reply = transfers.post(Ask(who, key or "", current_traceparent()), payment)
        except OwnAccountError:
            raise same_account() from None
        except LedgerUnavailable:
            raise ledger_away() from None
        return command_answer(reply, 200 if payment.dry_run else None)

    _add_holds(api, operations, transfers)
    _add_corrections(api, operations, transfers)
    return api


def _add_holds(api: Blueprint, operations: Operations, transfers: Transfers) -> None:
    capturing, voiding = operations["capture_transfer"], operations["void_transfer"]

    @capturing.route(api)
    def capture_transfer(transfer_id: str) -> Response:
        ask, body = asking(writer(), capturing.parameters()), capturing.body()
        return _follow_up(transfers, ask, Act.CAPTURE, transfer_id, amount=body.get("amount"))

    @voiding.route(api)
    def void_transfer(transfer_id: str) -> Response:
        ask = asking(writer(), voiding.parameters())
        voiding.body()
        return _follow_up(transfers, ask, Act.VOID, transfer_id)


def _add_corrections(api: Blueprint, operations: Operations, transfers: Transfers) -> None:
    refunding, reversing = operations["refund_transfer"], operations["reverse_transfer"]

    @refunding.route(api)
    def refund_transfer(transfer_id: str) -> Response:
        ask, body = asking(writer(), refunding.parameters()), refunding.body()
        return _follow_up(transfers, ask, Act.REFUND, transfer_id, amount=body.get("amount"), note=body["note"])

    @reversing.route(api)
    def reverse_transfer(transfer_id: str) -> Response:
        ask, body = asking(writer(staff=True), reversing.parameters()), reversing.body()
        payee = username_of(body["payee"]) if "payee" in body else None
        return _follow_up(transfers, ask, Act.REVERSE, transfer_id, payee=payee, note=body["note"])


def _follow_up(
    transfers: Transfers,
    ask: Ask,
    act: Act,
    transfer: str,
    *,
    amount: int | None = None,
    payee: str | None = None,
    note: str = "",
) -> Response:
    try:
        return command_answer(transfers.follow_up(ask, act, transfer, amount=amount, payee=payee, note=note))
    except LedgerUnavailable:
        raise ledger_away() from None
