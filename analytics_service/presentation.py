"""How times, codes and accounts are told: to programs, and to people."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask
from flask_babel import format_date
from flask_babel import lazy_gettext as _
from markupsafe import Markup, escape

from analytics_service.domain.covered import Watermark
from contracts.ledger_chain import WORLD
from contracts.moments import rfc3339
from service_kit.presentation import count, day, moment, money

SHORT = 8
_CODE = re.compile(r"`([^`]+)`")
OUTSIDE = f"{WORLD}:"
"""How the accounts begin that stand for everything outside the platform."""
WORDS = {
    "payment": _("Payments"),
    "grant": _("Sign-up gifts"),
    "deposit": _("Deposits"),
    "withdrawal": _("Withdrawals"),
    "refund": _("Refunds"),
    "reversal": _("Reversals"),
    "capture": _("Refused captures"),
    "void": _("Refused call-offs"),
    "scheduled": _("Scheduled"),
    "pending": _("Held"),
    "posted": _("Posted"),
    "voided": _("Called off"),
    "expired": _("Expired"),
    "rejected": _("Rejected"),
    "insufficient_funds": _("Balance too low"),
    "unknown_payee": _("Unknown payee"),
    "currency_mismatch": _("Other currency"),
    "same_account": _("To oneself"),
    "limit_exceeded": _("Over a limit"),
    "account_frozen": _("Account frozen"),
    "account_closed": _("Account closed"),
    "payee_unavailable": _("Payee can't be paid"),
    "payee_not_named": _("Payee not named"),
    "not_pending": _("No longer held"),
    "not_refundable": _("Can't be refunded"),
    "exceeds_hold": _("More than was held"),
    "exceeds_paid": _("More than was paid"),
    "in": _("Money in"),
    "out": _("Money out"),
    "own": _("Between your accounts"),
    "all": _("All"),
    "user": _("People"),
    "demo": _("The demo"),
    "probe": _("Probes"),
    "world": _("Outside"),
    "payers": _("Payers"),
    "payees": _("Payees"),
    "low": _("Low"),
    "medium": _("Medium"),
    "high": _("High"),
    "fan_in": _("Many pay one"),
    "fan_out": _("One pays many"),
    "cycle": _("Money in a circle"),
    "velocity": _("Fast payments"),
    "structuring": _("Just under a limit"),
    "dormant": _("Silent, then active"),
}
PER = {
    "per_minute": _("per minute"),
    "per_hour": _("per hour"),
    "per_day": _("per day"),
    "per_week": _("per week"),
    "per_month": _("per month"),
    "users_per_day": _("per day"),
    "users_per_week": _("per week"),
    "users_per_month": _("per month"),
}
"""How often the reports over time count."""
WEEKDAYS = (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))
ONE = {
    "payment": _("Payment"),
    "grant": _("Sign-up gift"),
    "deposit": _("Deposit"),
    "withdrawal": _("Withdrawal"),
    "refund": _("Refund"),
    "reversal": _("Reversal"),
    "capture": _("Refused capture"),
    "void": _("Refused call-off"),
}
"""Of each type of transfer."""
TONES = {"posted": "good", "rejected": "bad"}
"""The chip of a status; what moves nothing and is no failure has none."""


STATES = {
    "queued": _("Waiting"),
    "running": _("At work"),
    "done": _("Done"),
    "failed": _("Failed"),
    "cancelled": _("Cancelled"),
    "expired": _("Expired"),
}
"""Of a report job."""
SECTIONS = {"money": _("Money"), "spread": _("Sizes and hours"), "accounts": _("Accounts")}
"""Of the page of figures."""
FILTERS = {
    "from": _("from"),
    "to": _("to"),
    "currency": _("in"),
    "type": _("type"),
    "status": _("status"),
    "reason": _("reason"),
    "amount_min": _("amount from"),
    "amount_max": _("amount up to"),
    "account": _("account"),
    "counterparty": _("with"),
    "transfer": _("transfer"),
    "text": _("text"),
    "origin": _("origin"),
    "zone": _("time zone"),
    "user": _("user"),
    "after": _("after position"),
    "upto": _("up to position"),
}
"""How a filter is told in a line."""
THRESHOLDS = {
    "window_minutes": _("minutes"),
    "window_hours": _("hours"),
    "window_days": _("days"),
    "silent_days": _("silent days"),
    "parties": _("different others"),
    "share": _("share in percent"),
    "hops": _("payments in a row"),
    "tolerance": _("tolerance in percent"),
    "transfers": _("payments"),
    "under": _("the limit"),
    "band": _("percent below the limit"),
    "min_amount": _("smallest payment"),
}
"""How a threshold is told in a line, before its value."""
_MONEY = ("under", "min_amount")
_WORDED = ("type", "status", "reason", "origin")
"""The filters that take codes."""


def told(value: Any) -> Any:
    """A value as JSON has it: times in our one form, also inside of lists and objects."""
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, Mapping):
        return {name: told(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [told(each) for each in value]
    return value


def install_filters(app: Flask) -> None:
    """`word`, `short`, `when`, `told`, `coded`, `phrases`, `set_thresholds`, and the tables above."""
    app.jinja_env.filters.update(word=word, short=short, when=when, told=told, coded=coded, phrases=phrases)
    app.jinja_env.filters.update(set_thresholds=set_thresholds)
    app.jinja_env.globals.update(ONE=ONE, TONES=TONES)


def when(at: datetime | str, zone: str) -> str:
    """Date and time as the zone's clocks show it, in the order of the reader's language; the zone is said elsewhere."""
    local = (datetime.fromisoformat(at) if isinstance(at, str) else at).astimezone(ZoneInfo(zone))
    return f"{format_date(local.date(), 'medium')} {local:%H:%M:%S}"


def word(code: str | None) -> str:
    """What a code means; the code itself where there is no word yet, since saying nothing would be worse."""
    return str(WORDS.get(code, code)) if code else "–"


def short(account: str | None) -> str:
    """The beginning of an account's id, enough to tell accounts apart: there are no names in the lake."""
    if account is None:
        return str(_("unknown"))
    if account.startswith(OUTSIDE):
        return str(_("outside"))
    return account if len(account) <= SHORT + 4 else f"{account[:SHORT]}…"


def coded(text: str) -> Markup:
    """A text with names in backticks, as documents have it, as HTML."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 - it is escaped


def phrases(asked: Mapping[str, Any]) -> list[str]:
    """A filter in words, a phrase for each of its parts: status Posted, Rejected; amount from €1.00."""
    return [
        f"{FILTERS.get(name, name)} {_said(name, value, asked)}" for name, value in asked.items() if value or value == 0
    ]


def _said(name: str, value: Any, asked: Mapping[str, Any]) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(_said(name, one, asked) for one in value)
    if name in ("from", "to"):
        return _moment_said(value)
    currencies = asked.get("currency") or ()
    if name in ("amount_min", "amount_max") and currencies:
        return money(int(value), currencies if isinstance(currencies, str) else currencies[0])
    return word(value) if name in _WORDED else str(value)


def set_thresholds(set_ones: Mapping[str, int], asked: Mapping[str, Any]) -> list[str]:
    """Thresholds in words, a phrase for each; amounts in the filter's one currency, or in its smallest units."""
    return [f"{THRESHOLDS.get(name, name)}: {_threshold_said(name, n, asked)}" for name, n in set_ones.items()]


def _threshold_said(name: str, value: int, asked: Mapping[str, Any]) -> str:
    if name not in _MONEY:
        return count(value)
    chosen = asked.get("currency") or []
    currencies = [chosen] if isinstance(chosen, str) else list(chosen)
    return money(value, currencies[0]) if len(currencies) == 1 else str(_("%(n)s smallest units", n=count(value)))


def _moment_said(value: datetime | str) -> str:
    return day(value) if isinstance(value, str) and len(value) == len("YYYY-MM-DD") else moment(value)


def complete(watermark: Watermark) -> dict[str, Any]:
    """From when on and up to where, as every answer has it."""
    upto = {"position": watermark.position, "occurred_at": watermark.occurred_at}
    return {"complete_from": watermark.from_, "complete_upto": upto}
