"""Users as topic `users` tells them -> who is called what and may do what: the handler of `people`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from notification_service.ports import People, Person
from service_kit.kafka import Message

CLOSED = "user.closed"


class KeepPeople:
    """Each event carries the whole state, so the latest one is all that counts.

    Of who has closed their account the name stays, by which others know whom they paid; their inbox is emptied.
    """

    def __init__(self, people: People) -> None:
        self._people = people

    def handle(self, messages: Sequence[Message]) -> None:
        """Keep the batch. Raises PyMongoError."""
        events = [message.event for message in messages]
        self._people.keep([_person(event) for event in events])
        self._people.empty_inboxes([event["user_id"] for event in events if event["type"] == CLOSED])


def _person(event: dict[str, Any]) -> Person:
    occurred_at = datetime.fromisoformat(event["occurred_at"])
    return Person(event["user_id"], event["username"], tuple(event["roles"]), occurred_at)
