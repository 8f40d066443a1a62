"""What a consumer makes of a message: an event, or a dead letter at once."""

from __future__ import annotations

import orjson
import pytest

from contracts.codec import InvalidEvent
from notification_service.decoding import decoder
from service_kit.kafka import Cause, InvalidMessage
from tests.unit.notification_service.events import changed, message, posted

EVENTS = {"users": changed(1), "transactions": posted(1)}


def decoded(topic, **changes):
    return decoder(topic)(message(EVENTS[topic])._replace(value=orjson.dumps(EVENTS[topic] | changes)))


@pytest.mark.parametrize("topic", sorted(EVENTS))
def test_an_event_comes_as_it_was_sent(topic):
    assert decoded(topic) == EVENTS[topic]


@pytest.mark.parametrize("topic", sorted(EVENTS))
@pytest.mark.parametrize("time", ["2026-06-30T23:59:60Z", "0000-01-01T00:00:00Z"])
def test_a_time_of_no_calendar_of_ours_is_malformed(topic, time):
    with pytest.raises((InvalidMessage, InvalidEvent)) as refused:
        decoded(topic, occurred_at=time)
    assert refused.value.cause in (Cause.MALFORMED, Cause.SCHEMA)


@pytest.mark.parametrize("topic", sorted(EVENTS))
def test_what_is_no_event_of_the_topic_is_said_so(topic):
    with pytest.raises(InvalidEvent):
        decoded(topic, type="user.teleported")
