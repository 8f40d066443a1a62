"""The API under /v1: each route reads the request as the OpenAPI document says, calls a use case, answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint

from service_kit.operations import Operations
from transaction_service.routes.accounts import account_routes
from transaction_service.routes.batch import batch_routes
from transaction_service.routes.cash import cash_routes
from transaction_service.routes.contacts import contact_routes
from transaction_service.routes.ledger import ledger_routes
from transaction_service.routes.read_bound import ReadBound
from transaction_service.routes.reading import reading_routes
from transaction_service.routes.transfers import transfer_routes
from transaction_service.settings import STEP_UP_FROM
from transaction_service.storage.reading import MongoReader
from transaction_service.use_cases import Accounts, Cash, Contacts, Histories, Republications, Transfers


@dataclass(frozen=True)
class UseCases:
    """What the API and the pages call."""

    transfers: Transfers
    cash: Cash
    accounts: Accounts
    histories: Histories
    contacts: Contacts
    republications: Republications
    step_up_from: int = STEP_UP_FROM
    """Minor units from which on a payment needs a recent proof of the second factor."""


def api_routes(
    operations: Operations, use_cases: UseCases, reader: MongoReader, now: Callable[[], datetime], bound: ReadBound
) -> Blueprint:
    """One blueprint of them all. `now` is UTC; `bound` holds for what a person reads."""
    api = Blueprint("api", __name__)
    api.register_blueprint(transfer_routes(operations, use_cases.transfers, now, use_cases.step_up_from))
    api.register_blueprint(batch_routes(operations, use_cases.transfers, now, use_cases.step_up_from))
    api.register_blueprint(cash_routes(operations, use_cases.cash))
    accounts = account_routes(operations, use_cases.accounts)
    contacts = contact_routes(operations, use_cases.contacts)
    for routes in (accounts, contacts, reading_routes(operations, use_cases.histories, now)):
        bound.hold(routes)
        api.register_blueprint(routes)
    api.register_blueprint(ledger_routes(operations, reader, use_cases.republications))
    return api
