"""What a consumer makes of a message before it is handled."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from contracts.codec import codec_for
from service_kit.kafka import Cause, InvalidMessage, Message


def decoder(topic: str) -> Callable[[Message], dict[str, Any]]:
    """Decodes the messages of a topic.

    It raises InvalidEvent for what is no event of the topic, and InvalidMessage where its time is none that we can
    count with: RFC 3339 knows a second 60, and calendars end. Such a message would fail in every batch that it is in.
    """
    codec = codec_for(topic)

    def decode(message: Message) -> dict[str, Any]:
        event = codec.decode(message.value)
        try:
            datetime.fromisoformat(event["occurred_at"]).timestamp()
        except (ValueError, OverflowError):
            raise InvalidMessage("occurred_at is no time of our calendar", Cause.MALFORMED) from None
        return event

    return decode
