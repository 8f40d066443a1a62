"""How times, codes and accounts are told: to programs, and to people."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Flask
from flask_babel import lazy_gettext as _

SHORT = 8
WORDS = {
    "payment": _("Payments"),
    "grant": _("Sign-up gifts"),
    "posted": _("Posted"),
    "rejected": _("Rejected"),
    "insufficient_funds": _("Balance too low"),
    "unknown_payee": _("Unknown payee"),
    "currency_mismatch": _("Other currency"),
    "same_account": _("To oneself"),
    "in": _("Money in"),
    "out": _("Money out"),
    "own": _("Between your accounts"),
}


def rfc3339(at: datetime) -> str:
    """UTC with milliseconds and a Z, the one form of time in every answer."""
    at = at.astimezone(UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def install_filters(app: Flask) -> None:
    """`word`, `short`."""
    app.jinja_env.filters.update(word=word, short=short)


def word(code: str | None) -> str:
    """What a code means; the code itself where there is no word yet, since saying nothing would be worse."""
    return str(WORDS.get(code, code)) if code else "–"


def short(account: str | None) -> str:
    """The beginning of an account's id, enough to tell accounts apart: there are no names in the lake."""
    if account is None:
        return str(_("unknown"))
    return account if len(account) <= SHORT + 4 else f"{account[:SHORT]}…"
