"""How the ledger's reasons are told to people: the templates' filters."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _

from service_kit.errors import Problem

REASONS = {
    "insufficient_funds": _("Your balance does not cover this amount."),
    "unknown_payee": _("Nobody here has that username."),
    "currency_mismatch": _("The payee has no account in this currency."),
    "same_account": _("You cannot send money to yourself."),
    "idempotency_key_reused": _(
        "This form was sent before with other values. Look at your history, then send again what is missing."
    ),
    "ledger_unavailable": _(
        "We could not confirm the transfer. Send the form again as it is: it will not be booked twice."
    ),
    "no_account": _("Your account is still being opened. Try again in a moment."),
}


def install_filters(app: Flask) -> None:
    """`reason`, `explained`."""
    app.jinja_env.filters.update(reason=reason, explained=explained)


def reason(code: str) -> str:
    """A reason's sentence; the code itself where there is none yet, since saying nothing would be worse."""
    return str(REASONS.get(code, code))


def explained(problem: Problem) -> str:
    """A problem's sentence for a person."""
    return str(REASONS.get(problem.code, problem.title))
