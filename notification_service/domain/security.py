"""What a person is told of themselves: of the events of topic `users`. Pure rules."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from contracts.notices import Kind
from notification_service.domain.notification import Channel, Notification, Session

_KINDS = {
    "user.registered": Kind.WELCOME,
    "user.password_changed": Kind.PASSWORD_CHANGED,
    "user.locked": Kind.LOCKED,
    "user.unlocked": Kind.UNLOCKED,
    "user.second_factor_enabled": Kind.FACTOR_ENABLED,
    "user.second_factor_disabled": Kind.FACTOR_DISABLED,
    "user.second_factor_recovery_used": Kind.RECOVERY_USED,
    "user.second_factor_recovery_renewed": Kind.RECOVERY_RENEWED,
    "session.reuse_detected": Kind.TOKEN_REUSED,
    "session.started": Kind.NEW_DEVICE,
}


def security_notification(event: dict[str, Any]) -> Notification | None:
    """What the user is told of an event of topic `users`; None where there is nothing to tell.

    Nothing of a session on a device that is known; nor of an account that was closed, since nobody is left to read;
    nor of an address that changed, about which the accounts service writes to both addresses.
    """
    kind = _KINDS.get(event["type"])
    if kind is None or (kind is Kind.NEW_DEVICE and event["known_device"]):
        return None
    return Notification(
        event["event_id"],
        event["user_id"],
        Channel.INBOX,
        kind,
        None,
        datetime.fromisoformat(event["occurred_at"]),
        session=_session(event),
    )


def _session(event: dict[str, Any]) -> Session | None:
    id = event.get("session_id")
    return Session(id, event.get("device"), event.get("door")) if id else None
