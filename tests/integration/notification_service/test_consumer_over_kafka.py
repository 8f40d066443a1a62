"""From a real topic into a real database: what is delivered twice is told once."""

from __future__ import annotations

from collections import Counter

import pytest

from contracts.codec import codec_for
from contracts.notices import LEDGER_KINDS
from notification_service.domain import notifications_of
from service_kit.kafka import Record
from tests.integration.notification_service.members import Member, end
from tests.integration.service_kit.conftest import admin, producer, topic  # noqa: F401 - fixtures
from tests.unit.notification_service.events import ANN, BOB, SHOWN, posted
from tests.waiting import eventually

EVENTS = 200


def test_every_event_of_the_contract_is_told_and_none_is_a_dead_letter(
    kafka_bootstrap,
    topic,  # noqa: F811
    producer,  # noqa: F811
    collections,
):
    codec = codec_for("transactions")
    due = {each.id for event in SHOWN.values() for each in notifications_of(event)}
    member = Member(kafka_bootstrap, topic, collections)
    producer.send_all([Record(topic, b"k", codec.encode(event)) for event in SHOWN.values()])

    of_the_ledger = {"kind": {"$in": sorted(LEDGER_KINDS)}}
    eventually(
        lambda: collections.notifications.count_documents(of_the_ledger) >= len(due),
        what="all is told",
        within_seconds=60,
    )
    end([member])
    assert {row["_id"] for row in collections.notifications.find(of_the_ledger)} == due
    assert (member.consumed(), member.dead()) == (len(SHOWN), {})


@pytest.mark.usefixtures("producer")
def test_every_event_delivered_twice_to_two_members_is_told_once(
    kafka_bootstrap,
    topic,  # noqa: F811
    producer,  # noqa: F811
    collections,
):
    codec = codec_for("transactions")
    events = [
        posted(position, payer=(ANN, BOB)[position % 2], payee=(BOB, ANN)[position % 2])
        for position in range(1, EVENTS + 1)
    ]
    records = [Record(topic, str(event["position"] % 7).encode(), codec.encode(event)) for event in events]
    members = [Member(kafka_bootstrap, topic, collections) for _ in range(2)]
    # The repetition lies on other partitions, as after a change of their number: order and owner differ.
    again = [Record(topic, str(number).encode(), record.value) for number, record in enumerate(records)]
    producer.send_all([*records, *again])

    eventually(
        lambda: sum(member.consumed() for member in members) >= 2 * EVENTS,
        what="both deliveries of every event",
        within_seconds=60,
    )
    end(members)
    rows = list(collections.notifications.find())
    told = Counter((row["event_id"], row["user_id"]) for row in rows)
    assert set(told.values()) == {1}
    kinds = Counter(row["kind"] for row in rows)
    assert (kinds["transfer.sent"], kinds["transfer.received"], kinds["watch.first_to_payee"]) == (EVENTS, EVENTS, 2)
