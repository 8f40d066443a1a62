"""What a webhook says: `{type, timestamp, data}`, as Standard Webhooks recommends; docs/webhooks.md tells receivers.

No more than the inbox shows its owner, and no sentences: programs read it.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID, uuid5

import orjson

from contracts.moments import rfc3339
from contracts.notices import Kind
from notification_service.domain import Delivery, Notification, Transfer

_MESSAGES = UUID("5c0f1f4e-7d0a-5f0c-8b53-2f7d1f6f0a41")
"""Namespace of the ids by which receivers know a repetition."""


def message_id(delivery_id: str) -> str:
    """`webhook-id`: the same at every attempt, without the full stop that would let a signature be read in two ways."""
    return f"msg_{uuid5(_MESSAGES, delivery_id).hex}"


def body_of(delivery: Delivery, counterparty: str | None) -> bytes:
    """The JSON; `counterparty` is the username of the transfer's other side, None while it is not known."""
    told = delivery.notification
    data: dict[str, Any] = {"event_id": told.event_id, "position": told.position}
    data |= _about(told, counterparty)
    if told.kind == Kind.WEBHOOK_TEST:
        data["webhook_id"] = delivery.target
    return orjson.dumps({"type": str(told.kind), "timestamp": rfc3339(told.occurred_at), "data": data})


def _about(told: Notification, counterparty: str | None) -> dict[str, Any]:
    about: dict[str, Any] = {}
    if told.transfer:
        about["transfer"] = _transfer(told.transfer, counterparty)
    if told.account:
        about["account"] = asdict(told.account)
    if told.noticed:
        about["noticed"] = asdict(told.noticed)
    if told.report:
        about["report"] = asdict(told.report)
    if told.session:
        about["session"] = asdict(told.session)
    return about


def _transfer(transfer: Transfer, counterparty: str | None) -> dict[str, Any]:
    """People are named as others see them: by their username."""
    return {
        "id": transfer.id,
        "type": transfer.type,
        "amount": transfer.amount,
        "currency": transfer.currency,
        "direction": transfer.direction,
        "counterparty": counterparty,
        "reason": transfer.reason,
        "due_at": transfer.due_at,
    }
