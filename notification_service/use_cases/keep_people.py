"""Users as topic `users` tells them -> who is called what, may do what and reads mail where; and what happened to their
access, told to them: the handler of `people`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from notification_service.domain import security_notification
from notification_service.ports import People, Person
from notification_service.use_cases.tell import Tell
from service_kit.clock import Clock
from service_kit.kafka import Message

CLOSED = "user.closed"


class KeepPeople:
    """Each event carries the whole state, so the latest one is all that counts of it; but each is told for itself.

    Of who has closed their account the name stays, by which others know whom they paid; their inbox is emptied.
    """

    def __init__(self, people: People, tell: Tell, clock: Clock) -> None:
        self._people = people
        self._tell = tell
        self._clock = clock

    def handle(self, messages: Sequence[Message]) -> None:
        """Keep the batch, then tell of it; who closed their account is forgotten last, with what this batch told
        them. Raises PyMongoError."""
        consumed_at = self._clock.now()
        events = [message.event for message in messages]
        self._people.keep([_person(event) for event in events])
        notices = [(security_notification(message.event), message.traceparent) for message in messages]
        self._tell.tell([(notice, trace) for notice, trace in notices if notice is not None], consumed_at)
        self._people.empty_inboxes([event["user_id"] for event in events if event["type"] == CLOSED])


def _person(event: dict[str, Any]) -> Person:
    occurred_at = datetime.fromisoformat(event["occurred_at"])
    return Person(
        event["user_id"],
        event["username"],
        tuple(event["roles"]),
        occurred_at,
        event.get("email"),
        event.get("email_confirmed", False),
    )
