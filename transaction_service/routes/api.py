"""The API under /v1: read the request, call a use case, answer."""

from __future__ import annotations

from typing import Annotated

from flask import Blueprint, Response, request
from pydantic import AfterValidator, Field, StringConstraints

from contracts.access_token import Scope
from contracts.money import MAX_MINOR_UNITS, currencies
from service_kit.auth import bearer_principal
from service_kit.errors import InvalidRequest, NotFound
from service_kit.tracing import current_traceparent
from service_kit.web import Body, json_answer, read_json
from transaction_service.domain import Account
from transaction_service.ledger_client import LedgerUnavailable
from transaction_service.routes.answers import transfer_answer
from transaction_service.routes.problems import (
    IdempotencyKeyInvalid,
    IdempotencyKeyMissing,
    LedgerAway,
    SameAccount,
)
from transaction_service.storage.reading import MongoReader
from transaction_service.use_cases import KEY, OwnAccountError, Payment, Transfers

PAGE_MAX = 100
JOURNAL_MAX = 5_000


def _known_currency(value: str) -> str:
    if value not in currencies():
        raise ValueError("a currency of ISO 4217 was expected, like EUR")
    return value


class TransferBody(Body):
    """POST /v1/transfers. `amount` is an integer of minor units."""

    payee: Annotated[str, StringConstraints(strip_whitespace=True, to_lower=True, min_length=1, max_length=64)]
    amount: int = Field(gt=0, le=MAX_MINOR_UNITS)
    currency: Annotated[str, AfterValidator(_known_currency)]
    note: str = Field("", max_length=200)
    payer_account: str | None = Field(None, min_length=1, max_length=100)


def api_routes(transfers: Transfers, reader: MongoReader) -> Blueprint:
    """The blueprint, with what it needs handed in."""
    api = Blueprint("api", __name__)
    _add_transfers(api, transfers)
    _add_ledger(api, reader)
    return api


def _add_transfers(api: Blueprint, transfers: Transfers) -> None:
    @api.post("/v1/transfers")
    def post_transfer() -> Response:
        principal = bearer_principal(Scope.TRANSFERS_WRITE)
        key = idempotency_key()
        body = read_json(TransferBody)
        payment = Payment(body.payee, body.amount, body.currency, body.note, body.payer_account)
        try:
            reply = transfers.post(principal.user_id, principal.username, key, payment, current_traceparent())
        except OwnAccountError:
            raise SameAccount("Name another user as the payee.") from None
        except LedgerUnavailable:
            raise LedgerAway("The outcome is not known; send the same key again.") from None
        return transfer_answer(reply)

    @api.get("/v1/transfers")
    def list_transfers() -> Response:
        principal = bearer_principal(Scope.TRANSFERS_READ)
        before = _integer("cursor", None, 1, MAX_MINOR_UNITS)
        limit = _integer("limit", 20, 1, PAGE_MAX) or PAGE_MAX
        page = transfers.history(principal.user_id, before, limit)
        following = None if page.next_before is None else str(page.next_before)
        return json_answer({"transfers": page.transfers, "next_cursor": following})

    @api.get("/v1/transfers/<transfer_id>")
    def get_transfer(transfer_id: str) -> Response:
        principal = bearer_principal(Scope.TRANSFERS_READ)
        found = transfers.transfer(principal.user_id, transfer_id)
        if found is None:
            raise NotFound("No transfer of yours has this id.")
        return json_answer(found)

    @api.get("/v1/accounts")
    def list_accounts() -> Response:
        principal = bearer_principal(Scope.ACCOUNTS_READ)
        return json_answer({"accounts": [_account(account) for account in transfers.accounts(principal.user_id)]})


def _add_ledger(api: Blueprint, reader: MongoReader) -> None:
    @api.get("/v1/ledger/summary")
    def summary() -> Response:
        bearer_principal(Scope.LEDGER_READ)
        found = reader.summary()
        return json_answer(
            {
                "head": found.head,
                "published": found.published,
                "accounts": found.accounts,
                "posted": found.outcomes.get("posted", 0),
                "rejected": found.outcomes.get("rejected", 0),
                "opened": found.outcomes.get("opened", 0),
                "totals": found.totals,
            }
        )

    @api.get("/v1/journal")
    def journal() -> Response:
        bearer_principal(Scope.LEDGER_READ)
        after = _integer("after", 0, 0, MAX_MINOR_UNITS) or 0
        limit = _integer("limit", 1_000, 1, JOURNAL_MAX) or JOURNAL_MAX
        records = [
            {
                "position": record["_id"],
                "at": record["at"],
                "event_id": record["command_id"],
                "type": record["event_type"],
                "body": record["body"],
                "entries": record["entries"],
            }
            for record in reader.journal(after, limit)
        ]
        return json_answer({"records": records, "head": reader.head()})


def idempotency_key() -> str:
    """The request's key; raises IdempotencyKeyMissing or IdempotencyKeyInvalid."""
    key = request.headers.get("Idempotency-Key")
    if not key:
        raise IdempotencyKeyMissing("Choose a key for this transfer, and send it again with every retry.")
    if not KEY.match(key):
        raise IdempotencyKeyInvalid("1 to 128 visible ASCII characters without a comma are expected, once.")
    return key


def _integer(name: str, default: int | None, least: int, most: int) -> int | None:
    text = request.args.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 16 and least <= int(text) <= most):
        raise InvalidRequest(f"The parameter {name} is a whole number from {least} to {most}.", parameter=name)
    return int(text)


def _account(account: Account) -> dict[str, object]:
    return {
        "id": account.id,
        "currency": account.currency,
        "purpose": account.purpose,
        "posted": account.posted,
        "available": account.available,
    }
