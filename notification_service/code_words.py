"""What the codes mean that programs get of a notification and its delivery, for pages. Needs a request's language."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from contracts.notices import Kind
from notification_service.domain import Outcome

KINDS = {
    Kind.SENT: _("Payment sent"),
    Kind.RECEIVED: _("Payment received"),
    Kind.MOVED: _("Moved between own accounts"),
    Kind.SCHEDULED: _("Transfer scheduled"),
    Kind.CALLED_OFF: _("Scheduled transfer called off"),
    Kind.REJECTED: _("Transfer rejected"),
    Kind.REFUNDED: _("Refund"),
    Kind.REVERSED: _("Reversal by support"),
    Kind.DEPOSITED: _("Deposit"),
    Kind.WITHDRAWN: _("Withdrawal"),
    Kind.HELD: _("Hold placed"),
    Kind.CAPTURED: _("Hold captured"),
    Kind.VOIDED: _("Hold called off"),
    Kind.EXPIRED: _("Hold run out"),
    Kind.FROZEN: _("Account frozen"),
    Kind.UNFROZEN: _("Account no longer frozen"),
    Kind.CLOSED: _("Account closed"),
    Kind.LIMITS_CHANGED: _("Limits changed"),
    Kind.WELCOME: _("Welcome"),
    Kind.NEW_DEVICE: _("Sign-in from a new device"),
    Kind.PASSWORD_CHANGED: _("Password changed"),
    Kind.LOCKED: _("Access locked"),
    Kind.UNLOCKED: _("Access no longer locked"),
    Kind.TOKEN_REUSED: _("Session ended: its key was used twice"),
    Kind.FACTOR_ENABLED: _("Second factor switched on"),
    Kind.FACTOR_DISABLED: _("Second factor switched off"),
    Kind.RECOVERY_USED: _("Recovery code used"),
    Kind.RECOVERY_RENEWED: _("Recovery codes replaced"),
    Kind.WEBHOOK_ADDED: _("Webhook added"),
    Kind.WEBHOOK_MOVED: _("Webhook leads elsewhere"),
    Kind.WEBHOOK_SECRET_REPLACED: _("Secret of a webhook replaced"),
    Kind.LARGE_TRANSFER: _("Large payment"),
    Kind.FIRST_TO_PAYEE: _("First payment to somebody"),
    Kind.MANY_TRANSFERS: _("Many payments"),
    Kind.LOW_BALANCE: _("Low balance"),
    Kind.WEBHOOK_DISABLED: _("Webhook disabled"),
    Kind.WEBHOOK_TEST: _("Test of a webhook"),
    Kind.REPORT_READY: _("Report ready"),
    Kind.REPORT_FAILED: _("Report not made"),
    Kind.ALERT: _("Alert for operators"),
}
OUTCOMES = {
    Outcome.UNKNOWN: _("No answer noted"),
    Outcome.DELIVERED: _("Delivered"),
    Outcome.AWAY: _("Away or unwell"),
    Outcome.DELAYED: _("Put off by the other side"),
    Outcome.REFUSED: _("Refused"),
    Outcome.UNWANTED: _("No longer wanted"),
    Outcome.BROKEN: _("Fault of ours"),
}
"""Of an attempt; its cause stays a code, since that is what logs and runbooks are searched by."""


def kind_word(kind: str) -> str:
    """What is told by a notification of this kind; the code of one that this release doesn't know."""
    return str(KINDS[Kind(kind)]) if kind in list(Kind) else kind


def outcome_word(outcome: str) -> str:
    """What came of an attempt."""
    return str(OUTCOMES[Outcome(outcome)])
