"""What is told, as it is kept: of notifications and of deliveries alike."""

from __future__ import annotations

from typing import Any, TypeVar

from contracts.notices import Kind
from notification_service.domain import (
    Account,
    Alert,
    Channel,
    Found,
    Noticed,
    Notification,
    Report,
    Session,
    Transfer,
    Webhook,
)
from notification_service.storage.collections import Document

T = TypeVar("T")
SILENT = "silent"
"""In place of the inbox as channel: whoever asks for an inbox doesn't come upon it, and needs no index more."""
_ABOUT: dict[str, type] = {
    "transfer": Transfer,
    "alert": Alert,
    "account": Account,
    "session": Session,
    "webhook": Webhook,
    "noticed": Noticed,
    "report": Report,
}
"""What a notification may be about: each a dataclass of plain values."""
_KINDS = frozenset(Kind)
NOTHING_TOLD = dict.fromkeys(_ABOUT) | {"found": ()}
"""Of a person who is gone: that they were told stays, to be counted; what they were told does not."""


def notification_document(notification: Notification) -> Document:
    """All of it but its id, which is made of the rest. What it isn't about is left out: thousands are written a
    second."""
    document: Document = {
        "event_id": notification.event_id,
        "user_id": notification.user_id,
        "channel": SILENT if notification.silent else str(notification.channel),
        "kind": str(notification.kind),
        "position": notification.position,
        "occurred_at": notification.occurred_at,
    }
    for name in _ABOUT:
        about = getattr(notification, name)
        if about is not None:
            document[name] = _plain(about)
    if notification.ways:
        document["ways"] = list(notification.ways)
    if notification.found:
        document["found"] = [
            {"kind": str(each.kind), "noticed": _plain(each.noticed), "about": each.about}
            for each in notification.found
        ]
    return document


def notification_of(document: Document) -> Notification:
    """As it was; what a later release has added to it is left out."""
    silent = document["channel"] == SILENT
    about: dict[str, Any] = {
        name: known_part(made, document[name]) for name, made in _ABOUT.items() if document.get(name) is not None
    }
    return Notification(
        event_id=document["event_id"],
        user_id=document["user_id"],
        channel=Channel.INBOX if silent else Channel(document["channel"]),
        kind=_kind(document["kind"]),
        position=document["position"],
        occurred_at=document["occurred_at"],
        silent=silent,
        ways=tuple(document.get("ways", ())),
        found=found_of(document),
        **about,
    )


def found_of(document: Document) -> tuple[Found, ...]:
    """What rules found in the payment that it tells; not by a rule of a later release."""
    return tuple(
        Found(Kind(each["kind"]), known_part(Noticed, each["noticed"]), each["about"])
        for each in document.get("found", ())
        if each["kind"] in _KINDS
    )


def known_part(made: type[T], fields: Document) -> T:
    """Of a dataclass with slots: a field that this release doesn't know, since a later one wrote it, says nothing."""
    known: tuple[str, ...] = made.__slots__  # type: ignore[attr-defined]
    return made(**{name: fields[name] for name in known if name in fields})


def _kind(name: str) -> str:
    return Kind(name) if name in _KINDS else name


def _plain(about: Any) -> Document:
    """What dataclasses.asdict makes of one without others in it, at a tenth of its cost, and without what is None."""
    values = ((name, getattr(about, name)) for name in about.__slots__)
    return {name: value for name, value in values if value is not None}
