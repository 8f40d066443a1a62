"""Contacts: the payees whom somebody keeps, by their exact usernames."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from contracts.access_token import Scope
from contracts.moments import rfc3339
from service_kit.auth import bearer_principal
from service_kit.operations import Operations
from service_kit.web import json_answer
from transaction_service.routes import problems
from transaction_service.routes.answers import same_account, too_many_lookups
from transaction_service.routes.asking import writer
from transaction_service.routes.payment_bodies import username_of
from transaction_service.use_cases import (
    Contacts,
    KnownPayee,
    OwnAccountError,
    TooManyContacts,
    TooManyLookups,
    UnknownUsername,
)


def contact_routes(operations: Operations, contacts: Contacts) -> Blueprint:
    """The blueprint, with what it needs handed in."""
    api = Blueprint("contacts", __name__)
    listing, saving = operations["list_contacts"], operations["save_contact"]
    removing = operations["remove_contact"]

    @listing.route(api)
    def list_contacts() -> Response:
        who = bearer_principal(Scope.ACCOUNTS_READ)
        listing.parameters()
        return json_answer({"contacts": [_view(known) for known in contacts.of(who)]})

    @saving.route(api)
    def save_contact(username: str) -> Response:
        who = writer()
        saving.parameters()
        label = saving.body()["label"].strip()
        try:
            known, is_new = contacts.save(who, username_of(username), label)
        except OwnAccountError:
            raise same_account() from None
        except UnknownUsername:
            raise problems.UnknownPayee from None
        except TooManyContacts:
            raise problems.TooManyContacts from None
        except TooManyLookups as error:
            raise too_many_lookups(error.wait_seconds) from None
        return json_answer(_view(known), 201 if is_new else 200)

    @removing.route(api)
    def remove_contact(username: str) -> Response:
        who = writer()
        removing.parameters()
        if not contacts.remove(who, username_of(username)):
            raise problems.ContactNotFound
        return Response(status=204)

    return api


def _view(known: KnownPayee) -> dict[str, Any]:
    return {
        "username": known.contact.username,
        "label": known.contact.label,
        "saved_at": rfc3339(known.contact.saved_at),
        "first_paid_at": known.paid.first_at if known.paid else None,
        "last_paid_on": known.paid.last_day if known.paid else None,
    }
