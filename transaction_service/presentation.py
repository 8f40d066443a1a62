"""How the ledger's words, and its reasons against a transfer, are told to people: the templates' filters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask
from flask_babel import format_date, gettext
from flask_babel import lazy_gettext as _

from contracts.money import Money
from service_kit.errors import Problem
from service_kit.presentation import money
from transaction_service.domain import Account
from transaction_service.domain.commands import MAIN

TYPES = {
    "payment": _("Payment"),
    "grant": _("Sign-up gift"),
    "deposit": _("Deposit"),
    "withdrawal": _("Withdrawal"),
    "refund": _("Refund"),
    "reversal": _("Reversal"),
}
STATUSES = {
    "posted": _("Done"),
    "pending": _("On hold"),
    "scheduled": _("Scheduled"),
    "voided": _("Called off"),
    "expired": _("Expired"),
    "rejected": _("Refused"),
}
CHIPS = {"posted": "good", "pending": "warn", "scheduled": "warn", "rejected": "bad"}
HOLDS = {"3600": _("one hour"), "86400": _("one day"), "604800": _("seven days"), "2592000": _("thirty days")}
"""For how long money can be held, in seconds."""
STEPS = {
    "scheduled": _("Scheduled"),
    "pending": _("Put on hold"),
    "posted": _("Money moved"),
    "captured": _("Hold paid out"),
    "voided": _("Called off"),
    "expired": _("Hold expired"),
    "rejected": _("Refused"),
    "refunded": _("Paid back"),
}
REASONS = {
    "insufficient_funds": _("Your balance does not cover this amount. You can send up to %(available)s."),
    "unknown_payee": _("Nobody here has that username. Check the spelling: it must be whole and exact."),
    "currency_mismatch": _("The payee has no account in this currency. Ask which one they use."),
    "same_account": _("You cannot send money to yourself. Name somebody else, or another account of yours."),
    "account_frozen": _("This account is frozen. Use another account, or ask support."),
    "account_closed": _("This account is closed. Use another account."),
    "payee_unavailable": _("The payee's account does not take payments now. Ask them, or try again later."),
    "payee_not_named": _("This hold is for several people and can only be paid as a whole. Leave the amount empty."),
    "not_pending": _("The hold has ended already: it was paid, called off or has expired."),
    "not_refundable": _("This cannot be paid back. Send the money as a new payment instead."),
    "exceeds_hold": _("This is more than was held. The most is %(held)s."),
    "exceeds_paid": _("This is more than is left to pay back. The most is %(left)s."),
    "idempotency_key_reused": _("This form was used for something else before. Look at the transfer, then try again."),
    "ledger_unavailable": _("We could not confirm it in time. Press the button again: nothing is done twice."),
    "no_account": _("There is no main account in this currency yet. Open it first, then those with a name."),
    "not_your_account": _("This is not yours to do: only who was paid can pay back."),
    "transfer_not_found": _("No transfer of yours has this number."),
    "too_many_accounts": _("You have as many accounts as there may be. Closed ones count too."),
    "too_many_contacts": _("You keep 100 contacts, which is the most. Remove one that you don't need."),
    "too_many_lookups": _(
        "You have asked after many new people in the past hour. Try again in %(minutes)s minutes; whoever you have "
        "saved or paid before can be paid right now."
    ),
}
LIMITS = {
    "per_transfer": _("This is more than you can send at once. You can send up to %(allowed)s."),
    "per_day": _("This is more than is left of today's limit. You can send up to %(allowed)s until midnight UTC."),
    "per_payee": _("This is more than one person can get from you in a day. Today it can be up to %(allowed)s more."),
    "new_payee": _(
        "Somebody whom you first pay, or first paid within 24 hours, can get up to %(allowed)s more for now."
    ),
    "per_minute": _("You have sent very many transfers within a minute. Wait for the next minute."),
    "scheduled": _("Very many transfers of this account wait for their moment. Call some of them off first."),
}
CONFIRM = _("Confirm your e-mail address on your profile, and it can be much more.")
FIELDS = {
    "payee": ("unknown_payee", "currency_mismatch", "same_account", "payee_unavailable", "too_many_lookups"),
    "amount": ("insufficient_funds", "limit_exceeded", "exceeds_hold", "exceeds_paid", "payee_not_named"),
    "account": ("account_frozen", "account_closed", "not_your_account"),
}
"""Beside which field of a form a reason is told."""
_AMOUNTS = ("available", "held", "left", "allowed")


def install_filters(app: Flask) -> None:
    """`why`, `explained`, `when`, `plain`, `account_name` and the other names, `status_chip`."""
    app.jinja_env.filters.update(
        why=why,
        explained=explained,
        account_name=account_name,
        type_name=lambda code: TYPES.get(code, code),
        status_name=lambda code: STATUSES.get(code, code),
        status_chip=lambda code: CHIPS.get(code, "quiet"),
        step_name=lambda code: STEPS.get(code, code),
        when=when,
        plain=lambda amount, currency: str(Money(amount, currency).decimal()),
        hold_name=lambda seconds: HOLDS.get(str(seconds), seconds),
        month_name=lambda at: format_date(at, "MMMM yyyy"),
    )


def why(transfer: Mapping[str, Any]) -> str:
    """Why a transfer was refused, with what would be allowed."""
    reason = transfer["reason"]
    text = LIMITS[transfer["limit"]] if reason == "limit_exceeded" else REASONS[reason]
    if "raised_by" in transfer:
        text = f"{text} {CONFIRM}"
    currency = transfer["currency"]
    return str(text) % {name: money(transfer[name], currency) for name in _AMOUNTS if name in transfer}


def explained(problem: Problem) -> str:
    """A problem's sentence for a person; its title where there is none, since saying nothing would be worse."""
    if "transfer" in problem.extensions:
        return why(problem.extensions["transfer"])
    minutes = -(-int(problem.headers.get("Retry-After", 0)) // 60)
    return str(REASONS.get(problem.code, problem.title)) % {"minutes": minutes}


def field_of(problem: Problem) -> str | None:
    """The field of a form that a problem is about, if it is about one."""
    return next((field for field, codes in FIELDS.items() if problem.code in codes), None)


def account_name(account: Account) -> str:
    """An account as its owner knows it: Main account, EUR."""
    name = gettext("Main account") if account.purpose == MAIN else account.purpose
    return f"{name}, {account.currency}"


def when(transfer: Mapping[str, Any]) -> str:
    """The moment at which a transfer came to where it is, RFC 3339."""
    return str(transfer[f"{transfer['status']}_at"])
