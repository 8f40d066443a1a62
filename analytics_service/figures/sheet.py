"""Any rows as a table for people, in pages and HTML exports: the columns' names, and values as they are written."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from flask import Flask
from flask_babel import get_locale
from flask_babel import lazy_gettext as _

from analytics_service.domain.rows import Row
from analytics_service.presentation import WEEKDAYS, when, word
from analytics_service.reports.columns import Column
from service_kit.presentation import count, money

TITLES = {
    "currency": _("Currency"),
    "type": _("Type"),
    "direction": _("Direction"),
    "status": _("Status"),
    "reason": _("Reason"),
    "account": _("Account"),
    "side": _("Side"),
    "start": _("From"),
    "period": _("Period"),
    "weekday": _("Weekday"),
    "hour": _("Hour"),
    "posted": _("Posted"),
    "rejected": _("Rejected"),
    "transfers": _("Transfers"),
    "amount": _("Amount"),
    "parts": _("Parts"),
    "least": _("Smallest"),
    "p50": _("Median"),
    "p95": _("95 of 100 up to"),
    "p99": _("99 of 100 up to"),
    "most": _("Largest"),
    "at_least": _("At least"),
    "below": _("Less than"),
    "transfers_in": _("Transfers in"),
    "amount_in": _("Amount in"),
    "transfers_out": _("Transfers out"),
    "amount_out": _("Amount out"),
    "balance": _("Balance"),
    "last_at": _("Last"),
    "accounts": _("Accounts"),
    "top_accounts": _("Largest accounts"),
    "top_amount": _("Their amount"),
    "gini_ppm": _("Gini, millionths"),
    "hhi": _("HHI"),
    "active": _("Active"),
    "new": _("New"),
    "returning": _("Returning"),
    "position": _("Position"),
    "occurred_at": _("When"),
    "event_id": _("Event"),
    "transfer_id": _("Transfer"),
    "original": _("About transfer"),
    "payer_account": _("From account"),
    "payee_account": _("To account"),
    "origin": _("Whose"),
    "counterparty": _("With"),
    "balance_after": _("Balance after"),
    "pattern": _("Pattern"),
    "severity": _("Severity"),
    "score": _("Score"),
    "first_at": _("First"),
    "others": _("Others"),
    "other_accounts": _("Other accounts"),
    "positions": _("Positions"),
    "transfer_ids": _("Transfers that prove it"),
    "times": _("Times"),
    "payers": _("Payers"),
    "payees": _("Payees"),
    "amounts": _("Amounts, minor units"),
}
"""Of a column by its name."""
_CODES = ("type", "status", "reason", "direction", "origin", "side", "severity", "pattern")
_FOR_PROGRAMS = ("start", "event_id", "transfer_id", "original")
_NUMBERS = ("integer", "money")


def install_sheet(app: Flask) -> None:
    """What `sheet.html` needs of its application."""
    app.jinja_env.filters.update(shown=shown, column_title=column_title, ids_last=ids_last)
    app.jinja_env.tests["number_column"] = lambda column: column.kind in _NUMBERS


def ids_last(columns: Sequence[Column]) -> list[Column]:
    """In the order in which people read: what is for programs stands at the end."""
    return sorted(columns, key=lambda column: column.name in _FOR_PROGRAMS)


def column_title(column: Column) -> str:
    """What it is called; its name where there is no word yet."""
    return str(TITLES.get(column.name, column.name))


def shown(column: Column, row: Row, zone: str) -> str:
    """A value of a row as people read it: money in its currency, moments by the zone's clocks, codes in words."""
    value = row[column.name]
    if value is None:
        return ""
    if column.kind == "money":
        return _money(value, row["currency"], get_locale())
    if column.name == "weekday":
        return str(WEEKDAYS[value - 1])
    if column.kind == "integer":
        return _count(value, get_locale())
    if column.kind == "moment":
        return when(value, zone)
    if column.name == "period":
        return str(value).replace("T", " ")
    return word(value) if column.name in _CODES else str(value)


# The same few numbers stand in a long table again and again, and writing one takes longer than the rest of its cell.
@lru_cache(maxsize=10_000)
def _money(value: int, currency: str, _language: object) -> str:
    return money(value, currency)


@lru_cache(maxsize=10_000)
def _count(value: int, _language: object) -> str:
    return count(value)
