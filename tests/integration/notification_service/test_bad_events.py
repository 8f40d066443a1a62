"""What is no event ends in the dead letters with its cause, on both topics, and holds nothing up behind it."""

from __future__ import annotations

import orjson
import pytest
from kafka import KafkaConsumer

from contracts.topics import TRANSACTIONS, USERS
from service_kit.kafka import Record, dead_letters_of
from tests.integration.notification_service.members import Member, end
from tests.integration.service_kit.conftest import admin, producer, topic  # noqa: F401 - fixtures
from tests.unit.notification_service.events import ANN, an_id, changed, posted
from tests.waiting import eventually

USER, PAYMENT = changed(1, "user.password_changed"), posted(1)
GOOD = {USERS: changed(2, "user.locked"), TRANSACTIONS: posted(2)}
TOLD = {USERS: "security.locked", TRANSACTIONS: "transfer.sent"}
HUGE = "x" * 900_000


def bad(event: dict) -> list[tuple[bytes | None, str]]:
    """What a broken producer might send in place of this event, with the cause that is told."""
    without_id = {name: value for name, value in event.items() if name != "event_id"}
    return [
        (b"\x00not json", "not_json"),
        (b"", "not_json"),
        (None, "not_json"),
        (b"[1, 2]", "not_an_object"),
        *(
            (orjson.dumps(value), "schema")
            for value in (
                {},
                without_id,
                event | {"type": "user.teleported"},
                event | {"event_id": 7},
                event | {"event_id": {"$gt": ""}},
                event | {"occurred_at": "yesterday"},
                {"data": event, "version": 2},
            )
        ),
        (orjson.dumps(event | {"occurred_at": "2026-06-30T23:59:60Z"}), "malformed"),
        (HUGE.encode(), "not_json"),
    ]


@pytest.mark.parametrize(("contract", "event"), [(USERS, USER), (TRANSACTIONS, PAYMENT)], ids=[USERS, TRANSACTIONS])
def test_each_is_a_dead_letter_and_what_comes_behind_it_is_told(
    kafka_bootstrap,
    topic,  # noqa: F811
    producer,  # noqa: F811
    collections,
    contract,
    event,
):
    letters = bad(event)
    good = [orjson.dumps(GOOD[contract]), orjson.dumps(event | {"event_id": an_id(0x77), "padding": HUGE})]
    # One key, so that all of them lie on one partition, in this order.
    producer.send_all([Record(topic, b"k", value) for value, _ in letters] + [Record(topic, b"k", v) for v in good])
    member = Member(kafka_bootstrap, topic, collections, contract)

    eventually(lambda: member.consumed() >= len(letters) + len(good), what="all is consumed", within_seconds=60)
    end([member])

    kept = KafkaConsumer(
        dead_letters_of(topic),
        bootstrap_servers=kafka_bootstrap,
        auto_offset_reset="earliest",
        consumer_timeout_ms=5_000,
        group_id=None,
    )
    found = [
        (record.value, dict(record.headers)["dlq_cause"].decode()) for record, _ in zip(kept, letters, strict=False)
    ]
    kept.close()
    assert found == letters
    assert sum(member.dead().values()) == len(letters)
    told = {row["event_id"]: row["kind"] for row in collections.notifications.find({"user_id": ANN})}
    assert told[GOOD[contract]["event_id"]] == TOLD[contract]
    assert an_id(0x77) in told
