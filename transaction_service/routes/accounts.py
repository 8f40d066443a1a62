"""Accounts: listing, opening, freezing, closing; and what may be sent."""

from __future__ import annotations

from flask import Blueprint, Response

from contracts.access_token import Scope
from service_kit.auth import bearer_principal
from service_kit.operations import Operation, Operations
from service_kit.tracing import current_traceparent
from service_kit.web import json_answer
from transaction_service.domain import Account, AccountAct
from transaction_service.ledger_client import LedgerUnavailable
from transaction_service.routes.answers import command_answer, ledger_away, no_account
from transaction_service.routes.asking import asking, writer
from transaction_service.use_cases import Accounts, NoMainAccount


def account_routes(operations: Operations, accounts: Accounts) -> Blueprint:
    """The blueprint, with what it needs handed in."""
    api = Blueprint("accounts", __name__)
    listing, opening, limiting = operations["list_accounts"], operations["open_account"], operations["get_limits"]

    @listing.route(api)
    def list_accounts() -> Response:
        who = bearer_principal(Scope.ACCOUNTS_READ)
        listing.parameters()
        return json_answer({"accounts": [account_view(account) for account in accounts.of(who)]})

    @opening.route(api)
    def open_account() -> Response:
        who = writer()
        opening.parameters()
        body = opening.body()
        try:
            reply = accounts.open(who, body["currency"], body["purpose"], current_traceparent())
        except NoMainAccount:
            raise no_account() from None
        except LedgerUnavailable:
            raise ledger_away() from None
        return command_answer(reply, 200 if reply.replayed else None)

    @limiting.route(api)
    def get_limits() -> Response:
        who = bearer_principal(Scope.ACCOUNTS_READ)
        try:
            now = accounts.limits(who, limiting.parameters()["currency"])
        except NoMainAccount:
            raise no_account() from None
        return json_answer(now)

    _add(api, operations["close_account"], accounts, AccountAct.CLOSE)
    _add(api, operations["freeze_account"], accounts, AccountAct.FREEZE)
    _add(api, operations["unfreeze_account"], accounts, AccountAct.UNFREEZE)
    return api


def _add(api: Blueprint, operation: Operation, accounts: Accounts, act: AccountAct) -> None:
    @operation.route(api)
    def change_account(account_id: str) -> Response:
        who = writer(staff=act is not AccountAct.CLOSE)
        ask, body = asking(who, operation.parameters()), operation.body()
        try:
            return command_answer(accounts.change(ask, act, account_id, body["reason"]))
        except LedgerUnavailable:
            raise ledger_away() from None


def account_view(account: Account) -> dict[str, object]:
    """An account as its owner sees it; amounts in minor units."""
    return {
        "id": account.id,
        "currency": account.currency,
        "purpose": account.purpose,
        "status": str(account.status),
        "posted": account.posted,
        "pending_in": account.pending_in,
        "pending_out": account.pending_out,
        "available": account.available,
    }
