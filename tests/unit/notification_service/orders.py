"""Deliveries, as short as a test wants to say them."""

from __future__ import annotations

from dataclasses import replace

from notification_service.domain import Channel, Delivery, notifications_of
from tests.unit.notification_service.events import ANN, posted

TRACE = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"


def mail(position: int = 1, user_id: str = ANN, traceparent: str | None = TRACE) -> Delivery:
    """By e-mail, of a payment."""
    (told,) = (each for each in notifications_of(posted(position)) if each.user_id == user_id)
    return Delivery(replace(told, channel=Channel.EMAIL), traceparent=traceparent)


def hook(position: int = 1, target: str = "hook-1") -> Delivery:
    """To a webhook endpoint, of a payment."""
    return Delivery(replace(mail(position).notification, channel=Channel.WEBHOOK), target)
