"""The whole ledger, for services: its figures and its journal, and having some of it published again."""

from __future__ import annotations

import orjson
from flask import Blueprint, Response

from contracts.access_token import Scope
from service_kit.auth import bearer_principal
from service_kit.errors import InvalidRequest
from service_kit.operations import Operations
from service_kit.web import json_answer
from transaction_service.routes import problems
from transaction_service.storage.reading import MongoReader
from transaction_service.use_cases import NotPublishedYet, Republications, TooManyOrders

RECORD_FIELDS = {
    "_id": "position",
    "at": "at",
    "command_id": "event_id",
    "event_type": "type",
    "body": "body",
    "entries": "entries",
}


REPUBLISHED_MAX = 5_000
"""Positions in one order: what takes the relay ten seconds beside what is new. `republish` knows no bound."""


def ledger_routes(operations: Operations, reader: MongoReader, republications: Republications) -> Blueprint:
    """The blueprint, with what it needs handed in."""
    api = Blueprint("ledger", __name__)
    summing, reading = operations["get_ledger_summary"], operations["list_journal"]
    stretching = operations["get_ledger_stretch"]
    publishing, ordering = operations["list_journal_events"], operations["order_republication"]

    @summing.route(api)
    def get_ledger_summary() -> Response:
        bearer_principal(Scope.LEDGER_READ)
        summing.parameters()
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

    @reading.route(api)
    def list_journal() -> Response:
        bearer_principal(Scope.LEDGER_READ)
        asked = reading.parameters()
        records = [
            {told: record[name] for name, told in RECORD_FIELDS.items()}
            for record in reader.journal(asked["after"], asked["limit"])
        ]
        return json_answer({"records": records, "head": reader.head()})

    @stretching.route(api)
    def get_ledger_stretch() -> Response:
        bearer_principal(Scope.LEDGER_READ)
        asked = stretching.parameters()
        after, upto = asked["after"], asked["after"] + asked["limit"]
        found = reader.stretch(after, upto)
        return json_answer(
            {
                "after": after,
                "upto": upto,
                "head": reader.head(),
                "records": found.records,
                "totals": found.totals,
                "accounts": found.accounts,
            }
        )

    @publishing.route(api)
    def list_journal_events() -> Response:
        bearer_principal(Scope.LEDGER_READ)
        asked = publishing.parameters()
        # As they stand in the journal: thousands of them are neither read nor written anew here.
        events = [orjson.Fragment(record["event"]) for record in reader.to_publish(asked["after"], asked["limit"])]
        return json_answer({"events": events, "head": reader.head()})

    @ordering.route(api)
    def order_republication() -> Response:
        bearer_principal(Scope.LEDGER_REPUBLISH)
        ordering.parameters()
        wanted = ordering.body()
        first, last = wanted["from"], wanted["to"]
        if not first <= last < first + REPUBLISHED_MAX:
            mistake = {
                "pointer": "#/to",
                "detail": f"must be in {first}..{first + REPUBLISHED_MAX - 1}",
                "code": "range",
            }
            raise InvalidRequest("The body does not have the expected shape.", errors=[mistake])
        try:
            waiting = republications.order(first, last)
        except NotPublishedYet as error:
            raise problems.NotPublishedYet(f"The topic has positions up to {error.upto}.") from None
        except TooManyOrders:
            raise problems.TooManyRepublications from None
        return json_answer({"from": first, "to": last, "waiting": waiting}, 202)

    return api
