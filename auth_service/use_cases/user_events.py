"""What the platform is told of a user: always the whole public state, since the topic is compacted."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from auth_service.domain import User
from auth_service.ports import OutgoingEvent
from contracts.codec import codec_for
from contracts.moments import rfc3339
from contracts.topics import USERS

UserEventType = Literal[
    "user.registered",
    "user.changed",
    "user.password_changed",
    "user.second_factor_enabled",
    "user.second_factor_disabled",
    "user.second_factor_recovery_used",
    "user.second_factor_recovery_renewed",
    "user.locked",
    "user.unlocked",
    "user.closed",
    "session.started",
    "session.reuse_detected",
]


def user_event(
    user: User,
    type: UserEventType,
    *,
    event_id: str,
    at: datetime,
    traceparent: str | None,
    **about: str | bool,
) -> OutgoingEvent:
    """The event for the outbox, with what it is `about` beside the user, by the schema's names.

    Raises contracts' InvalidEvent for what the relay couldn't publish.
    """
    data: dict[str, Any] = {
        "event_id": event_id,
        "type": type,
        "occurred_at": rfc3339(at),
        "user_id": user.id,
        "username": user.username,
        "email": user.email,
        "email_confirmed": user.email_confirmed,
        "roles": list(user.roles),
        "origin": user.origin,
        **about,
    }
    if user.closed_at is not None:
        del data["email"], data["email_confirmed"]
    codec_for(USERS).encode(data)  # fails here, before anything is written
    return OutgoingEvent(event_id, USERS, user.id, data, traceparent)
