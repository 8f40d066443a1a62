"""What a person wants to be told, under /v1: read the request, call a use case, answer."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from contracts.access_token import Scope
from contracts.money import currencies
from notification_service.document import operations
from notification_service.domain import Channel, Many, Preferences, Subject, Watch
from notification_service.domain.preferences import LARGE_BY_DEFAULT, LOW_BY_DEFAULT
from notification_service.use_cases.preferences import Choosing
from service_kit.auth import bearer_principal
from service_kit.errors import InvalidRequest
from service_kit.web import json_answer

AMOUNTS = ("large_transfer", "low_balance")


def preference_routes(choosing: Choosing) -> Blueprint:
    """The blueprint, with what it needs handed in."""
    api = Blueprint("preference_api", __name__)
    getting, replacing = operations()["get_preferences"], operations()["replace_preferences"]

    @getting.route(api)
    def get_preferences() -> Response:
        principal = bearer_principal(Scope.NOTIFICATIONS_READ)
        getting.parameters()
        return json_answer(view(choosing.of(principal.user_id)))

    @replacing.route(api)
    def replace_preferences() -> Response:
        principal = bearer_principal(Scope.NOTIFICATIONS_WRITE)
        replacing.parameters()
        chosen = preferences_of(replacing.body())
        choosing.choose(principal.user_id, chosen)
        return json_answer(view(chosen))

    return api


def view(preferences: Preferences) -> dict[str, Any]:
    """All of them, the defaults too: what is read can be sent back."""
    watch, many = preferences.watch, preferences.watch.many_transfers
    return {
        "channels": {
            str(subject): {str(channel): preferences.wants(subject, channel) for channel in Channel}
            for subject in Subject
        },
        "watch": {
            "large_transfer": {**LARGE_BY_DEFAULT, **watch.large_transfer},
            "low_balance": {**LOW_BY_DEFAULT, **watch.low_balance},
            "first_to_payee": watch.first_to_payee,
            "many_transfers": many and {"count": many.count, "minutes": many.minutes},
        },
    }


def preferences_of(body: dict[str, Any]) -> Preferences:
    """What the body says, checked by the document; raises InvalidRequest where a currency is none."""
    watch = body.get("watch", {})
    unknown = [
        {"pointer": f"#/watch/{rule}/{code}", "detail": "Not a currency of ISO 4217", "code": "format"}
        for rule in AMOUNTS
        for code in watch.get(rule, {})
        if code not in currencies()
    ]
    if unknown:
        raise InvalidRequest("The body does not have the expected shape.", errors=unknown)
    channels = {
        (Subject(subject), Channel(channel)): wanted
        for subject, choices in body.get("channels", {}).items()
        for channel, wanted in choices.items()
    }
    if watch.get("many_transfers"):
        watch = {**watch, "many_transfers": Many(**watch["many_transfers"])}
    return Preferences(channels, Watch(**watch))
