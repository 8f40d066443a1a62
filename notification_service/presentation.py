"""How a notification is told: its JSON, which the page shows too; the templates' filters. Needs a request."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from flask import Flask, g
from flask_babel import format_timedelta
from flask_babel import gettext as _

from contracts.moments import rfc3339
from notification_service.code_words import kind_word, outcome_word
from notification_service.domain import ADMIN, Alert
from notification_service.metrics import ViewMetrics
from notification_service.ports import UNREAD_MAX
from notification_service.use_cases.inbox import Entry, Inbox
from notification_service.words import WithoutWords, Words, plain_words, words_of
from service_kit.auth import viewer
from service_kit.clock import Clock
from service_kit.logging import get_logger

log = get_logger(__name__)

MINUTE = timedelta(minutes=1)


def install_filters(app: Flask, clock: Clock, inbox: Inbox, view: View) -> None:
    """`ago` of a time as `view` tells it, `view` itself; `unread_badge`, how many the person who looks has unread, and
    `at_most`, that number as it is shown; `may_manage_deliveries`, whether they administer what goes out; the words of
    `code_words`."""

    def ago(at: str) -> str:
        distance = datetime.fromisoformat(at) - clock.now()
        return just_now() if distance > -MINUTE else format_timedelta(distance, add_direction=True, threshold=1)

    def unread_badge() -> int:
        person = viewer()
        if "unread" not in g:
            g.unread = inbox.unread(person.user_id) if person else 0
        return int(g.unread)

    def may_manage_deliveries() -> bool:
        person = viewer()
        return person is not None and ADMIN in person.roles

    app.jinja_env.filters.update(ago=ago, at_most=at_most, view=view, kind_word=kind_word, outcome_word=outcome_word)
    app.jinja_env.globals.update(
        just_now=just_now, unread_badge=unread_badge, may_manage_deliveries=may_manage_deliveries
    )


def at_most(unread: int) -> str:
    """No further is counted (`UNREAD_MAX`)."""
    return str(unread) if unread < UNREAD_MAX else f"{UNREAD_MAX - 1}+"


class View:
    """The notification as API, page and live stream tell it. One without words is told plainly, so that it takes
    nothing from the rest of its person's; each kind of those is logged once."""

    def __init__(self, metrics: ViewMetrics) -> None:
        self._metrics = metrics
        self._logged: set[str] = set()

    def __call__(self, entry: Entry) -> dict[str, Any]:
        """`order` sorts as the inbox does; `alert` is the operators'."""
        return _view(entry, *self._words(entry))

    def _words(self, entry: Entry) -> Words:
        told = entry.stored.notification
        try:
            return words_of(told, entry.counterparty)
        except WithoutWords as error:
            self._metrics.without_words()
            if told.kind not in self._logged:
                self._logged.add(told.kind)
                log.exception("notification_without_words", kind=told.kind, error=str(error))
            return plain_words(told)


def _view(entry: Entry, title: str, text: str) -> dict[str, Any]:
    stored, told = entry.stored, entry.stored.notification
    return {
        "id": told.id,
        "event_id": told.event_id,
        "kind": told.kind,
        "position": told.position,
        "occurred_at": rfc3339(told.occurred_at),
        "created_at": rfc3339(stored.created_at),
        "read_at": stored.read_at and rfc3339(stored.read_at),
        "archived_at": stored.archived_at and rfc3339(stored.archived_at),
        "title": title,
        "text": text,
        "amount": told.transfer and told.transfer.amount,
        "currency": told.transfer and told.transfer.currency,
        "direction": told.transfer and told.transfer.direction,
        "counterparty": entry.counterparty,
        "transfer_id": told.transfer and told.transfer.id,
        "order": told.order,
        "account": told.account and asdict(told.account),
        "session": told.session and asdict(told.session),
        "webhook": told.webhook and asdict(told.webhook),
        "report": told.report and asdict(told.report),
        "noticed": told.noticed and asdict(told.noticed),
        "alert": told.alert and _alert(told.alert),
    }


def just_now() -> str:
    """For what is less than a minute old: a page that counts its seconds would be wrong at once."""
    return _("just now")


def _alert(alert: Alert) -> dict[str, Any]:
    return {
        "name": alert.name,
        "status": alert.status,
        "severity": alert.severity,
        "process": alert.process,
        "runbook_url": alert.runbook_url,
        "dashboard_url": alert.dashboard_url,
    }
