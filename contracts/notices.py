"""What people are told of, and by which rule who is told of an event of topic `transactions`: one for those who tell,
count and prove.

notification_service tells by it and the demo's proof holds the inboxes against it; monitoring's reconciliation says its
part again as an aggregation (monitoring/reconciliation/journal.py), which a test holds against this.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What a notification tells.

    `transfer`, `hold` and `account` are of the ledger's events (LEDGER_KINDS); `welcome` and `security` of topic
    `users`, but for what is done about webhooks (WEBHOOK_KINDS); `watch` is what notification_service notices by itself
    about a payer's transfers; `webhook` is about a person's webhook, and its test goes to nothing but that; `report`
    is about a report that a schedule of theirs has ordered (REPORT_KINDS); an alert comes from Alertmanager.
    """

    SENT = "transfer.sent"
    RECEIVED = "transfer.received"
    MOVED = "transfer.moved"
    SCHEDULED = "transfer.scheduled"
    CALLED_OFF = "transfer.called_off"
    REJECTED = "transfer.rejected"
    REFUNDED = "transfer.refunded"
    REVERSED = "transfer.reversed"
    DEPOSITED = "transfer.deposited"
    WITHDRAWN = "transfer.withdrawn"
    HELD = "hold.placed"
    CAPTURED = "hold.captured"
    VOIDED = "hold.voided"
    EXPIRED = "hold.expired"
    FROZEN = "account.frozen"
    UNFROZEN = "account.unfrozen"
    CLOSED = "account.closed"
    LIMITS_CHANGED = "account.limits_changed"
    WELCOME = "welcome"
    NEW_DEVICE = "security.new_device"
    PASSWORD_CHANGED = "security.password_changed"  # noqa: S105 - a kind, no password
    LOCKED = "security.locked"
    UNLOCKED = "security.unlocked"
    TOKEN_REUSED = "security.token_reused"  # noqa: S105 - a kind, no password
    FACTOR_ENABLED = "security.second_factor_enabled"
    FACTOR_DISABLED = "security.second_factor_disabled"
    RECOVERY_USED = "security.recovery_code_used"
    RECOVERY_RENEWED = "security.recovery_codes_renewed"
    WEBHOOK_ADDED = "security.webhook_added"
    WEBHOOK_MOVED = "security.webhook_moved"
    WEBHOOK_SECRET_REPLACED = "security.webhook_secret_replaced"  # noqa: S105 - a kind, no secret
    LARGE_TRANSFER = "watch.large_transfer"
    FIRST_TO_PAYEE = "watch.first_to_payee"
    MANY_TRANSFERS = "watch.many_transfers"
    LOW_BALANCE = "watch.low_balance"
    WEBHOOK_DISABLED = "webhook.disabled"
    WEBHOOK_TEST = "webhook.test"
    REPORT_READY = "report.ready"
    REPORT_FAILED = "report.failed"
    ALERT = "operator.alert"


LEDGER_KINDS = frozenset(kind for kind in Kind if kind.startswith(("transfer.", "hold.", "account.")))
"""What `notices` gives."""
WEBHOOK_KINDS = frozenset({Kind.WEBHOOK_ADDED, Kind.WEBHOOK_MOVED, Kind.WEBHOOK_SECRET_REPLACED})
"""What is told when somebody lets a person's notifications go elsewhere, or may sign them: of no topic."""
USER_KINDS = frozenset(kind for kind in Kind if kind == Kind.WELCOME or kind.startswith("security.")) - WEBHOOK_KINDS
"""What is told of topic `users`."""
REPORT_KINDS = frozenset({Kind.REPORT_READY, Kind.REPORT_FAILED})
"""What analytics has told when a scheduled report is finished: by notification_service's API, of no topic."""
WATCH_KINDS = frozenset(kind for kind in Kind if kind.startswith("watch."))
"""What the rules find."""


_ATTEMPTS = ("reversal", "capture", "void")
_BY_EVENT = {"transfer.pending": Kind.HELD, "transfer.voided": Kind.VOIDED, "transfer.expired": Kind.EXPIRED}
_BY_TRANSFER = {
    "deposit": Kind.DEPOSITED,
    "withdrawal": Kind.WITHDRAWN,
    "refund": Kind.REFUNDED,
    "reversal": Kind.REVERSED,
}


def notices(type: str, about: Mapping[str, Any], person: str = "user_id") -> dict[str, Kind]:
    """Whom an event of `type` concerns, each once, with the kind of what they are told.

    `about` is the event's transfer or account; in a record of the journal that is the body, or its account, and there
    people are named by `person="username"`. Everybody with an account in a transfer is told of it, but: only the payer
    of what is scheduled (the payees never knew of it) or rejected; and nobody of an opened account, whose grant is
    told, nor of a rejected attempt at a transfer: of a reversal, which is between the staff and the ledger, and of a
    hold, since either side may try that as often as it likes and has had its answer.
    """
    if "payer" not in about:
        told = {} if type == "account.opened" else {about[person]: Kind(type)}
    elif type == "transfer.rejected":
        told = {} if about["type"] in _ATTEMPTS else {about["payer"][person]: Kind.REJECTED}
    elif about.get("execute_at") and type in ("transfer.scheduled", "transfer.voided"):
        told = {about["payer"][person]: Kind.SCHEDULED if type == "transfer.scheduled" else Kind.CALLED_OFF}
    else:
        told = _both_sides(type, about, person)
    return {who: kind for who, kind in told.items() if who is not None}


def _both_sides(type: str, about: Mapping[str, Any], person: str) -> dict[str | None, Kind]:
    payer, payees = about["payer"][person], [payee[person] for payee in about["payees"]]
    kind = _BY_EVENT.get(type) or _BY_TRANSFER.get(about["type"])
    if kind is None and about.get("expires_at"):
        kind = Kind.CAPTURED
    if kind is not None:
        return dict.fromkeys((payer, *payees), kind)
    return {**dict.fromkeys(payees, Kind.RECEIVED), payer: Kind.MOVED if {*payees} == {payer} else Kind.SENT}
