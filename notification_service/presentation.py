"""How a notification is told: its title, its text, its JSON; and the templates' filters. Needs a request's language."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from flask_babel import format_timedelta
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from notification_service.domain import GRANT, Alert, Kind, Transfer
from notification_service.use_cases.inbox import Entry
from service_kit.clock import Clock
from service_kit.presentation import money

MINUTE = timedelta(minutes=1)
REASONS = {
    "insufficient_funds": _l("Your balance did not cover it."),
    "unknown_payee": _l("Nobody here has that username."),
    "currency_mismatch": _l("The payee has no account in this currency."),
    "same_account": _l("Payer and payee were the same."),
}


def install_filters(app: Flask, clock: Clock) -> None:
    """`ago` of a time as `view` tells it; and `view` itself."""

    def ago(at: str) -> str:
        distance = datetime.fromisoformat(at) - clock.now()
        return just_now() if distance > -MINUTE else format_timedelta(distance, add_direction=True, threshold=1)

    app.jinja_env.filters.update(ago=ago, view=view)
    app.jinja_env.globals.update(just_now=just_now)


def view(entry: Entry) -> dict[str, Any]:
    """The notification as API and live stream tell it. `order` sorts as the inbox does; `alert` is the operators'."""
    stored = entry.stored
    told = stored.notification
    title, text = _alert_words(told.alert) if told.alert else _transfer_words(told.kind, told.transfer, entry)
    return {
        "id": told.id,
        "event_id": told.event_id,
        "kind": told.kind,
        "position": told.position,
        "occurred_at": rfc3339(told.occurred_at),
        "created_at": rfc3339(stored.created_at),
        "read_at": stored.read_at and rfc3339(stored.read_at),
        "title": title,
        "text": text,
        "amount": told.transfer and told.transfer.amount,
        "currency": told.transfer and told.transfer.currency,
        "counterparty": entry.counterparty,
        "transfer_id": told.transfer and told.transfer.id,
        "order": told.order,
        "alert": told.alert and _alert(told.alert),
    }


def just_now() -> str:
    """For what is less than a minute old: a page that counts its seconds would be wrong at once."""
    return _("just now")


def rfc3339(at: datetime) -> str:
    """UTC, to the millisecond: 2026-11-01T09:31:00.000Z."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _transfer_words(kind: Kind, transfer: Transfer | None, entry: Entry) -> tuple[str, str]:
    if transfer is None:
        raise ValueError(f"a {kind} is about a transfer")
    amount = money(transfer.amount, transfer.currency)
    if kind is Kind.REJECTED:
        reason = transfer.reason or ""
        return _("Your transfer of %(amount)s was not made", amount=amount), str(REASONS.get(reason, reason))
    if kind is Kind.SENT:
        return _("You sent %(amount)s", amount=amount), _("To %(whom)s", whom=_counterparty(transfer, entry))
    return _("You received %(amount)s", amount=amount), _("From %(whom)s", whom=_counterparty(transfer, entry))


def _counterparty(transfer: Transfer, entry: Entry) -> str:
    if entry.counterparty is not None:
        return f"@{entry.counterparty}"
    if transfer.type == GRANT:
        return _("the platform: a gift for signing up")
    if transfer.counterparty is None:
        return _("several people")
    return _("somebody whose name has not arrived yet")


def _alert_words(alert: Alert) -> tuple[str, str]:
    title = _("Resolved: %(name)s", name=alert.name) if alert.status == "resolved" else alert.name
    return title, alert.summary or _("This alert brings no summary.")


def _alert(alert: Alert) -> dict[str, Any]:
    return {
        "name": alert.name,
        "status": alert.status,
        "severity": alert.severity,
        "process": alert.process,
        "runbook_url": alert.runbook_url,
    }
