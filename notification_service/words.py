"""What people read of a notification: a title and a line below it. Needs a request's language."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from contracts.notices import Kind
from notification_service.domain import (
    GRANT,
    Account,
    Alert,
    Direction,
    Noticed,
    Notification,
    Report,
    Session,
    Transfer,
    Webhook,
)
from service_kit.presentation import moment, money

Words = tuple[str, str]
Texts = tuple[LazyString, LazyString]
OUT, IN, OWN = Direction.OUT, Direction.IN, Direction.OWN
MAIN = "main"

# By kind, and by direction where both sides are told: the title and, with the other's name and a moment, the line.
TRANSFERS: dict[tuple[str, Direction | None], Texts] = {
    (Kind.SENT, None): (_l("You sent %(amount)s"), _l("To %(whom)s")),
    (Kind.RECEIVED, None): (_l("You received %(amount)s"), _l("From %(whom)s")),
    (Kind.MOVED, None): (_l("You moved %(amount)s"), _l("Between accounts of your own")),
    (Kind.SCHEDULED, None): (_l("%(amount)s will be sent"), _l("To %(whom)s, on %(moment)s")),
    (Kind.CALLED_OFF, None): (_l("Your scheduled transfer of %(amount)s was called off"), _l("To %(whom)s")),
    (Kind.DEPOSITED, None): (_l("%(amount)s was paid in"), _l("Into your account, by support")),
    (Kind.WITHDRAWN, None): (_l("%(amount)s was paid out"), _l("From your account, by support")),
    (Kind.HELD, OUT): (_l("%(amount)s of yours is held"), _l("For %(whom)s, until %(moment)s")),
    (Kind.HELD, IN): (_l("%(amount)s is held for you"), _l("By %(whom)s, until %(moment)s")),
    (Kind.HELD, OWN): (_l("%(amount)s of yours is held"), _l("For an account of your own, until %(moment)s")),
    (Kind.CAPTURED, OUT): (_l("You sent %(amount)s that was held"), _l("To %(whom)s")),
    (Kind.CAPTURED, IN): (_l("You received %(amount)s that was held"), _l("From %(whom)s")),
    (Kind.CAPTURED, OWN): (_l("You moved %(amount)s that was held"), _l("Between accounts of your own")),
    (Kind.VOIDED, OUT): (_l("%(amount)s of yours is no longer held"), _l("The hold for %(whom)s was called off")),
    (Kind.VOIDED, IN): (_l("%(amount)s is no longer held for you"), _l("The hold by %(whom)s was called off")),
    (Kind.VOIDED, OWN): (_l("%(amount)s of yours is no longer held"), _l("The hold was called off")),
    (Kind.EXPIRED, OUT): (_l("%(amount)s of yours is no longer held"), _l("The hold for %(whom)s has run out")),
    (Kind.EXPIRED, IN): (_l("%(amount)s is no longer held for you"), _l("The hold by %(whom)s has run out")),
    (Kind.EXPIRED, OWN): (_l("%(amount)s of yours is no longer held"), _l("The hold has run out")),
    (Kind.REFUNDED, OUT): (_l("You paid back %(amount)s"), _l("To %(whom)s")),
    (Kind.REFUNDED, IN): (_l("You were paid back %(amount)s"), _l("By %(whom)s")),
    (Kind.REFUNDED, OWN): (_l("You moved back %(amount)s"), _l("Between accounts of your own")),
    (Kind.REVERSED, OUT): (_l("%(amount)s was taken back from you"), _l("Support has reversed a transfer")),
    (Kind.REVERSED, IN): (_l("%(amount)s was given back to you"), _l("Support has reversed a transfer")),
    (Kind.REVERSED, OWN): (_l("%(amount)s was moved back"), _l("Support has reversed a transfer")),
}
REJECTED = {
    "payment": _l("Your transfer of %(amount)s was not made"),
    "withdrawal": _l("Your withdrawal of %(amount)s was not made"),
    "refund": _l("Your refund of %(amount)s was not made"),
    "capture": _l("%(amount)s was not taken from your hold"),
    "void": _l("Your hold of %(amount)s was not called off"),
}
NOT_EXECUTED = _l("Your scheduled transfer of %(amount)s was not made")
REASONS = {
    "insufficient_funds": _l("Your balance did not cover it."),
    "unknown_payee": _l("Nobody here has that username."),
    "currency_mismatch": _l("The payee has no account in this currency."),
    "same_account": _l("Payer and payee were the same, or one payee was named twice."),
    "limit_exceeded": _l("It was more than you may send. The page for sending money shows your limits."),
    "account_frozen": _l("Nothing can be paid from your account now. Ask support."),
    "account_closed": _l("The account that was to pay is closed."),
    "payee_unavailable": _l("The payee's account takes no payments now."),
    "payee_not_named": _l("What is held for several people is taken as a whole."),
    "not_pending": _l("The hold had ended before."),
    "not_refundable": _l("This is a transfer that can't be paid back."),
    "exceeds_hold": _l("It was more than was held."),
    "exceeds_paid": _l("It was more than was left to pay back."),
}
ACCOUNTS: dict[str, Texts] = {
    Kind.FROZEN: (_l("%(account)s was frozen"), _l("It can't pay or be paid until support has unfrozen it.")),
    Kind.UNFROZEN: (_l("%(account)s is no longer frozen"), _l("It can pay and be paid again.")),
    Kind.CLOSED: (_l("%(account)s was closed"), _l("It was empty, and stays closed.")),
    Kind.LIMITS_CHANGED: (
        _l("Your limits in %(currency)s were changed"),
        _l("The page for sending money shows them."),
    ),
}

NOT_YOU = _l("If that was not you, change your password and log out everywhere.")
# The title and, with the moment and what the session was opened with, the line.
SECURITY: dict[str, Texts] = {
    Kind.WELCOME: (_l("Welcome"), _l("Whatever happens to your money and your account is told here, once.")),
    Kind.NEW_DEVICE: (_l("New sign-in: %(device)s"), _l("%(moment)s, from a device that was not known.")),
    Kind.PASSWORD_CHANGED: (_l("Your password was changed"), _l("%(moment)s.")),
    Kind.LOCKED: (_l("Your access was locked"), _l("%(moment)s. Ask support why; your money is safe.")),
    Kind.UNLOCKED: (_l("Your access is no longer locked"), _l("%(moment)s. You can log in again.")),
    Kind.TOKEN_REUSED: (
        _l("A session of yours was ended"),
        _l("%(moment)s. Its key was used twice, which happens when somebody has copied it."),
    ),
    Kind.FACTOR_ENABLED: (_l("A second factor was switched on"), _l("%(moment)s.")),
    Kind.FACTOR_DISABLED: (_l("Your second factor was switched off"), _l("%(moment)s.")),
    Kind.RECOVERY_USED: (_l("A recovery code was used to log in"), _l("%(moment)s.")),
    Kind.RECOVERY_RENEWED: (_l("Your recovery codes were replaced"), _l("%(moment)s. The old ones are void.")),
}
# With the payment's amount and its payee, and what the rule found.
NOTICED: dict[str, Texts] = {
    Kind.LARGE_TRANSFER: (
        _l("Large payment: %(amount)s"),
        _l("To %(whom)s. You are told of every payment from %(limit)s on."),
    ),
    Kind.FIRST_TO_PAYEE: (_l("First payment to %(whom)s"), _l("%(amount)s.")),
    Kind.MANY_TRANSFERS: (
        _l("%(count)s payments within %(minutes)s minutes"),
        _l("The latest is %(amount)s, to %(whom)s."),
    ),
    Kind.LOW_BALANCE: (
        _l("Low balance: %(balance)s"),
        _l("Your account in %(currency)s fell below %(limit)s."),
    ),
}
WITHOUT_WARNING = (Kind.WELCOME, Kind.LOCKED, Kind.UNLOCKED, Kind.LOW_BALANCE)
"""Where nobody need ask whether it was them."""

# With the moment, and the host that it leads to: what a webhook is called says whoever has added it.
WEBHOOKS: dict[str, Texts] = {
    Kind.WEBHOOK_ADDED: (
        _l("A webhook was added: %(host)s"),
        _l("%(moment)s. From now on that server is sent what your inbox is told."),
    ),
    Kind.WEBHOOK_MOVED: (
        _l("A webhook of yours leads elsewhere: %(host)s"),
        _l("%(moment)s. From now on that server is sent what your inbox is told."),
    ),
    Kind.WEBHOOK_SECRET_REPLACED: (
        _l("The secret of a webhook was replaced: %(host)s"),
        _l("%(moment)s. The one before it signs too for a day."),
    ),
}
REPORTS: dict[str, Texts] = {
    Kind.REPORT_READY: (_l("Your report is ready: %(name)s"), _l("Rows: %(rows)s. It is kept until %(moment)s.")),
    Kind.REPORT_FAILED: (_l("Your report could not be made: %(name)s"), _l("Its page says why.")),
}
NOT_YOUR_WEBHOOK = _l("If that was not you, delete the webhook, change your password and log out everywhere.")
DISABLED = {
    "gone": _l("Its receiver has answered that it is gone. Nothing is sent there until you enable it again."),
    "failing": _l("Every attempt has failed for days. Nothing is sent there until you enable it again."),
}


class WithoutWords(ValueError):
    """A notification that this release can't tell."""


def words_of(told: Notification, username: str | None) -> Words:
    """Title and line of any notification; `username` is its transfer's counterparty's, None while it is not known.

    Raises WithoutWords where there are none: it is about nothing, as is all that was told to who has closed their
    account; or a later release told it, of a kind or for a reason that this one doesn't know.
    """
    try:
        return _words_of(told, username)
    except (LookupError, TypeError, ValueError) as error:
        raise WithoutWords(f"{told.id}, {told.kind}: {error!r}") from error


def plain_words(told: Notification) -> Words:
    """What is said of that which has no words: that it happened, and its bare kind."""
    return _("Something happened that this page can't tell yet"), told.kind


def _words_of(told: Notification, username: str | None) -> Words:
    if told.alert:
        return alert_words(told.alert)
    if told.account:
        return account_words(told.kind, told.account)
    if told.noticed and told.transfer:
        return noticed_words(told.kind, told.noticed, told.transfer, username)
    if told.transfer:
        return transfer_words(told.kind, told.transfer, username)
    if told.report:
        return report_words(told.kind, told.report)
    if told.webhook:
        return webhook_words(told.kind, told.webhook, told.occurred_at)
    if told.kind in SECURITY:
        return security_words(told.kind, told.session, told.occurred_at)
    raise ValueError(f"{told.id} is about nothing")


def transfer_words(kind: str, transfer: Transfer, username: str | None) -> Words:
    """Of a transfer as its reader took part in it; `username` is the counterparty's, None while it is not known."""
    amount = money(transfer.amount, transfer.currency)
    if kind == Kind.REJECTED:
        title = NOT_EXECUTED if transfer.due_at else REJECTED[transfer.type]
        return str(title) % {"amount": amount}, str(REASONS[transfer.reason or ""])
    title, line = TRANSFERS.get((kind, None)) or TRANSFERS[kind, transfer.direction]
    due = transfer.due_at and moment(transfer.due_at)
    return str(title) % {"amount": amount}, str(line) % {"whom": _whom(transfer, username), "moment": due}


def account_words(kind: str, account: Account) -> Words:
    """Of what was done about an account."""
    if account.purpose == MAIN:
        named = _("Your account in %(currency)s", currency=account.currency)
    else:
        named = _("Your account “%(name)s” in %(currency)s", name=account.purpose, currency=account.currency)
    title, line = ACCOUNTS[kind]
    return str(title) % {"account": named, "currency": account.currency}, str(line)


def noticed_words(kind: str, noticed: Noticed, transfer: Transfer, username: str | None) -> Words:
    """Of what a rule found in a payment of the reader's."""
    currency = transfer.currency
    found = {
        "amount": money(transfer.amount, currency),
        "whom": _whom(transfer, username),
        "currency": currency,
        "limit": noticed.limit is not None and money(noticed.limit, currency),
        "balance": noticed.balance is not None and money(noticed.balance, currency),
        "count": noticed.count,
        "minutes": noticed.minutes,
    }
    title, line = NOTICED[kind]
    told = str(line) % found
    return str(title) % found, told if kind in WITHOUT_WARNING else f"{told} {NOT_YOU}"


def security_words(kind: str, session: Session | None, at: datetime) -> Words:
    """Of what happened to a person's access, and what to do about it."""
    title, line = SECURITY[kind]
    device = (session and session.device) or _("a program or a browser")
    told = str(line) % {"moment": moment(at)}
    return str(title) % {"device": device}, told if kind in WITHOUT_WARNING else f"{told} {NOT_YOU}"


def webhook_words(kind: str, webhook: Webhook, at: datetime) -> Words:
    """Of a webhook that was disabled, and why; or of what was done about one, and what to do about that."""
    if kind in WEBHOOKS:
        title, line = WEBHOOKS[kind]
        return str(title) % {"host": webhook.name}, f"{str(line) % {'moment': moment(at)}} {NOT_YOUR_WEBHOOK}"
    return _("Your webhook “%(name)s” was disabled", name=webhook.name), str(DISABLED[webhook.cause])


def report_words(kind: str, report: Report) -> Words:
    """Of a report that a schedule has ordered."""
    title, line = REPORTS[kind]
    found = {"name": report.name, "rows": report.rows, "moment": report.kept_until and moment(report.kept_until)}
    return str(title) % found, str(line) % found


def alert_words(alert: Alert) -> Words:
    """Of an alert, for operators."""
    title = _("Resolved: %(name)s", name=alert.name) if alert.status == "resolved" else alert.name
    return title, alert.summary or _("This alert brings no summary.")


def _whom(transfer: Transfer, username: str | None) -> str:
    if username is not None:
        return f"@{username}"
    if transfer.type == GRANT:
        return _("the platform: a gift for signing up")
    if transfer.counterparty is None:
        return _("several people")
    return _("somebody whose name has not arrived yet")
