"""A message that can't be an event goes to the dead letters with its cause, and the ones after it are handled."""

import time
import uuid
from collections.abc import Callable, Iterator

import orjson
import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from bench.platform import Api
from bench.stacks import Platform
from contracts import topics
from tests.e2e.api_client import Client

DEAD_LETTERS = topics.topics()[topics.USERS].dead_letters
MALFORMED = [
    ("no JSON", b"\x00not json", "not_json"),
    ("no object", b"[1, 2]", "not_an_object"),
    ("against the schema", orjson.dumps({"user_id": 7, "type": "user.registered"}), "schema"),
    ("an operator as the user", orjson.dumps({"user_id": {"$gt": ""}, "type": "user.registered"}), "schema"),
    ("nothing at all", b"", "not_json"),
]


@pytest.fixture
def send(platform: Platform) -> Iterator[Callable[[bytes, bytes], None]]:
    """Puts raw bytes on topic `users`, as a broken producer would."""
    producer = KafkaProducer(bootstrap_servers=platform.kafka_bootstrap_servers)
    yield lambda key, value: producer.send(topics.USERS, key=key, value=value).get(timeout=10)
    producer.close()


@pytest.mark.parametrize(("value", "cause"), [case[1:] for case in MALFORMED], ids=[case[0] for case in MALFORMED])
def test_a_malformed_message_lands_in_the_dead_letters(
    value: bytes, cause: str, send: Callable[[bytes, bytes], None], platform: Platform, operator: Api
) -> None:
    key, head = uuid.uuid4().hex.encode(), operator.summary().head

    send(key, value)

    letter_value, headers = dead_letter(platform, key)
    assert (letter_value, headers["dlq_cause"]) == (value, cause.encode())
    assert headers["dlq_topic"] == topics.USERS.encode()
    assert "account.opened" not in [record.kind for record in operator.journal(after=head)]


def test_who_signs_up_after_a_malformed_message_gets_an_account(
    send: Callable[[bytes, bytes], None], member: Callable[[], Client]
) -> None:
    send(uuid.uuid4().hex.encode(), b"{broken")

    assert member().accounts()


def dead_letter(platform: Platform, key: bytes) -> tuple[bytes, dict[str, bytes]]:
    """Wait for the dead letter of that key: its value and its headers."""
    consumer = KafkaConsumer(bootstrap_servers=platform.kafka_bootstrap_servers, group_id=None)
    try:
        partitions = [TopicPartition(DEAD_LETTERS, n) for n in consumer.partitions_for_topic(DEAD_LETTERS) or ()]
        consumer.assign(partitions)
        consumer.seek_to_beginning(*partitions)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            for records in consumer.poll(timeout_ms=500).values():
                for record in records:
                    if record.key == key:
                        return record.value, dict(record.headers)
    finally:
        consumer.close()
    raise AssertionError(f"no message with key {key!r} came to {DEAD_LETTERS}")
