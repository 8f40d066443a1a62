"""What is told, as it is kept: of notifications and of deliveries alike."""

from __future__ import annotations

from dataclasses import asdict

from contracts.notices import Kind
from notification_service.domain import Account, Alert, Channel, Notification, Session, Transfer, Webhook
from notification_service.storage.collections import Document


def notification_document(notification: Notification) -> Document:
    """All of it but its id, which is made of the rest."""
    return {
        "event_id": notification.event_id,
        "user_id": notification.user_id,
        "channel": str(notification.channel),
        "kind": str(notification.kind),
        "position": notification.position,
        "occurred_at": notification.occurred_at,
        "transfer": asdict(notification.transfer) if notification.transfer else None,
        "alert": asdict(notification.alert) if notification.alert else None,
        "account": asdict(notification.account) if notification.account else None,
        "session": asdict(notification.session) if notification.session else None,
        "webhook": asdict(notification.webhook) if notification.webhook else None,
    }


def notification_of(document: Document) -> Notification:
    """As it was. An older release told of no account, session or webhook."""
    return Notification(
        event_id=document["event_id"],
        user_id=document["user_id"],
        channel=Channel(document["channel"]),
        kind=Kind(document["kind"]),
        position=document["position"],
        occurred_at=document["occurred_at"],
        transfer=Transfer(**document["transfer"]) if document["transfer"] else None,
        alert=Alert(**document["alert"]) if document["alert"] else None,
        account=Account(**document["account"]) if document.get("account") else None,
        session=Session(**document["session"]) if document.get("session") else None,
        webhook=Webhook(**document["webhook"]) if document.get("webhook") else None,
    )


NOTHING_TOLD = {"transfer": None, "alert": None, "account": None, "session": None, "webhook": None}
"""Of a person who is gone: that they were told stays, to be counted; what they were told does not."""
