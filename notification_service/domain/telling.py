"""What is told of an event or an alert: pure rules. Whom an event concerns, and as what, is `contracts.notices`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from contracts.notices import Kind, notices
from notification_service.domain.notification import Account, Alert, Channel, Direction, Notification, Transfer

ADMIN = "admin"


def notifications_of(event: dict[str, Any]) -> list[Notification]:
    """What is told of an event of topic `transactions`, in the inbox of each whom it concerns."""
    transfer, account = event.get("transfer"), event.get("account")
    told = notices(event["type"], transfer or event["account"])
    return [
        Notification(
            event["event_id"],
            user_id,
            Channel.INBOX,
            kind,
            event["position"],
            datetime.fromisoformat(event["occurred_at"]),
            transfer=as_seen_by(user_id, event) if transfer else None,
            account=Account(account["id"], account["currency"], account["purpose"]) if account else None,
        )
        for user_id, kind in told.items()
    ]


def alert_notifications(alert: Alert, admins: Iterable[str]) -> list[Notification]:
    """An alert is told to every admin."""
    at = alert.ends_at if alert.status == "resolved" and alert.ends_at else alert.starts_at
    return [Notification(alert.event_id, admin, Channel.INBOX, Kind.ALERT, None, at, alert=alert) for admin in admins]


def is_sending(type: str, transfer: Mapping[str, Any]) -> bool:
    """Whether its payer decided to send, now: a hold when it is placed, so not again when it is captured; and what was
    scheduled when it is made."""
    if transfer["type"] != "payment":
        return False
    return type == "transfer.pending" or (type == "transfer.posted" and not transfer.get("expires_at"))


def as_seen_by(user_id: str, event: Mapping[str, Any]) -> Transfer:
    """A payee sees their own part; a payer the whole, but what goes to an account of theirs only where all does."""
    transfer = event["transfer"]
    payer, payees = transfer["payer"]["user_id"], transfer["payees"]
    own = [payee for payee in payees if payee["user_id"] == user_id]
    if payer != user_id:
        direction, parts, others = Direction.IN, own, {payer}
    elif len(own) == len(payees):
        direction, parts, others = Direction.OWN, own, set()
    else:
        parts = [payee for payee in payees if payee["user_id"] != user_id]
        direction, others = Direction.OUT, {payee["user_id"] for payee in parts}
    sent = direction is Direction.OUT and is_sending(event["type"], transfer)
    rejected_attempt = transfer.get("original") if transfer["reason"] else None
    return Transfer(
        id=rejected_attempt or transfer["id"],
        type=transfer["type"],
        amount=transfer["amount"] if len(parts) == len(payees) else sum(part["amount"] for part in parts),
        currency=transfer["currency"],
        counterparty=others.pop() if len(others) == 1 else None,
        reason=transfer["reason"],
        direction=direction,
        due_at=transfer.get("expires_at") or transfer.get("execute_at"),
        paid_from=transfer["payer"]["account"] if sent else None,
    )
