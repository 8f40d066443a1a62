"""A delivery as it is kept."""

from __future__ import annotations

from datetime import datetime

from notification_service.domain import Attempt, Claimed, Delivery, DeliveryRecord, DeliveryState, Outcome
from notification_service.domain.delivery import ASKED
from notification_service.storage.collections import Document
from notification_service.storage.notification_document import notification_document, notification_of


def new_document(delivery: Delivery, now: datetime) -> Document:
    """As ordered. `next_attempt_at` is lease and pause in one: who claims a delivery puts it off.

    `since` is when it was ordered or redriven, `tries` counts the attempts since then; each attempt bears its claim.
    """
    return notification_document(delivery.notification) | {
        "_id": delivery.id,
        "target": delivery.target,
        "traceparent": delivery.traceparent,
        "lane": delivery.lane,
        "state": str(DeliveryState.PENDING),
        "order": f"{int(now.timestamp() * 1000):013d}-{delivery.id}",
        "created_at": now,
        "since": now,
        "next_attempt_at": now,
        "claim": None,
        "tries": 0,
        "attempts": [],
        "finished_at": None,
        "expires_at": None,
        "cause": None,
    }


def claimed_of(document: Document) -> Claimed:
    """Of one that has just been claimed."""
    at = document["attempts"][-1]["at"]
    return Claimed(_delivery(document), document["claim"], document["tries"], document["since"], at)


def record_of(document: Document) -> DeliveryRecord:
    """All that people and operators may see."""
    return DeliveryRecord(
        delivery=_delivery(document),
        state=DeliveryState(document["state"]),
        created_at=document["created_at"],
        next_attempt_at=document["next_attempt_at"],
        attempts=tuple(_attempt(each) for each in document["attempts"]),
        finished_at=document["finished_at"],
        cause=document["cause"],
        order=document["order"],
    )


def noted(claim: str, now: datetime) -> Document:
    """An attempt before it is made."""
    return {
        "claim": claim,
        "at": now,
        "outcome": str(Outcome.UNKNOWN),
        "status": None,
        "latency_ms": None,
        "cause": None,
    }


def result(attempt: Attempt) -> Document:
    """What is known after it, as changes of the noted one."""
    return {
        "outcome": str(attempt.outcome),
        "status": attempt.status,
        "latency_ms": attempt.latency_ms,
        "cause": attempt.cause,
    }


def _delivery(document: Document) -> Delivery:
    asked = document["lane"].endswith(ASKED)
    return Delivery(notification_of(document), document["target"], document["traceparent"], asked)


def _attempt(document: Document) -> Attempt:
    return Attempt(
        document["at"],
        Outcome(document["outcome"]),
        document["status"],
        document["latency_ms"],
        document["cause"],
    )
