"""Topic to lake over a real broker and a real MongoDB: kills, rebalances, offsets set back."""

from __future__ import annotations

import time

import pytest
from kafka import KafkaConsumer, TopicPartition
from kafka.structs import OffsetAndMetadata

from analytics_service.wiring.ingester import GROUP
from contracts import topics
from contracts.codec import codec_for
from service_kit.kafka import Record
from tests.unit.analytics_service.lakes import Interrupting, transfer
from tests.waiting import eventually

COUNT = 2_000


def publish(producer, topic, positions):
    codec = codec_for(topics.TRANSACTIONS)
    producer.send_all([Record(topic, f"key{n % 50}".encode(), codec.encode(transfer(n))) for n in positions])


def everything(lake, count=COUNT):
    return lake.manifest.snapshot().covered.watermark.position == count


def set_back(bootstrap, topic, by):
    """As an operator's tool does: the group has no member meanwhile."""
    client = KafkaConsumer(bootstrap_servers=bootstrap, group_id=GROUP, enable_auto_commit=False)
    try:
        partitions = [TopicPartition(topic, number) for number in client.partitions_for_topic(topic)]
        moved = 0
        offsets = {}
        for partition in partitions:
            at = client.committed(partition) or 0
            back = min(at, by // len(partitions) + 1)
            offsets[partition] = OffsetAndMetadata(at - back, "", -1)
            moved += back
        client.assign(partitions)
        client.commit(offsets)
        return moved
    finally:
        client.close()


def test_everything_published_is_in_the_lake_once(lake, topic, producer, start):
    publish(producer, topic, range(1, COUNT + 1))
    start()
    eventually(lambda: everything(lake), what="the lake is complete")
    assert lake.positions() == list(range(1, COUNT + 1))


def test_a_single_event_is_in_the_lake_at_once(lake, topic, producer, start):
    publish(producer, topic, [1])
    start()
    eventually(lambda: everything(lake, 1), what="the first event")
    eventually(lambda: True, what="a moment")
    began = time.monotonic()
    publish(producer, topic, [2])
    eventually(lambda: everything(lake, 2), what="the second event", within_seconds=5)
    assert time.monotonic() - began < 1.5


def test_offsets_set_back_by_a_thousand_double_nothing(lake, kafka_bootstrap, topic, producer, start):
    publish(producer, topic, range(1, COUNT + 1))
    first = start()
    eventually(lambda: everything(lake), what="the lake is complete")
    first.end()
    moved = set_back(kafka_bootstrap, topic, 1_000)
    assert moved >= 1_000
    again = start()
    eventually(
        lambda: again.value("lake_suppressed_duplicates_total") == moved, what="all that came again was recognised"
    )
    publish(producer, topic, [COUNT + 1])
    eventually(lambda: everything(lake, COUNT + 1), what="the next event")
    assert lake.positions() == list(range(1, COUNT + 2))


@pytest.mark.parametrize(("part", "call", "when"), [("manifest", "commit", "before"), ("manifest", "commit", "after")])
def test_a_member_that_fails_around_its_commit_loses_and_doubles_nothing(
    lake, topic, producer, start, part, call, when
):
    publish(producer, topic, range(1, COUNT + 1))
    start(manifest=Interrupting(lake.manifest, "commit", when))
    eventually(lambda: everything(lake), what="the lake is complete")
    assert lake.positions() == list(range(1, COUNT + 1))


def test_a_second_member_takes_a_share_and_gives_it_back_and_nothing_is_doubled(lake, topic, producer, start):
    first = start()
    publish(producer, topic, range(1, 501))
    eventually(lambda: everything(lake, 500), what="the first part")
    second = start()

    def assigned():
        return second.value(
            "messaging_consumer_rebalances_total",
            messaging_destination_name=topic,
            messaging_consumer_group_name=GROUP,
            kind="assigned",
        )

    eventually(assigned, what="the second member has partitions")
    publish(producer, topic, range(501, 1_501))
    eventually(lambda: everything(lake, 1_500), what="the second part")
    first.end()
    publish(producer, topic, range(1_501, COUNT + 1))
    eventually(lambda: everything(lake), what="the third part")
    assert lake.positions() == list(range(1, COUNT + 1))
    assert second.value("lake_rows_ingested_total", type="transfer.posted") >= COUNT - 1_500


def test_a_malformed_message_becomes_a_dead_letter_and_holds_nobody_up(lake, topic, producer, start):
    producer.send_all([Record(topic, b"key", b"poison")])
    publish(producer, topic, range(1, 101))
    one = start()
    eventually(lambda: everything(lake, 100), what="the good ones")
    labels = {"messaging_destination_name": topic, "messaging_consumer_group_name": GROUP}
    eventually(
        lambda: one.value("messaging_consumer_dead_letters_total", cause="not_json", **labels) == 1,
        what="the dead letter",
    )
