from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from kafka import KafkaAdminClient
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from service_kit import tracing
from service_kit.kafka import DlqLimit, Message, Producer, Record, dead_letters_of
from service_kit.kafka.connections import open_consumer
from tests.integration.service_kit.broker import (
    SETTINGS,
    Consumers,
    StoreDown,
    committed,
    read_all,
    records,
)
from tests.waiting import eventually

ORDERS = [f"key{number % 20} order {number}" for number in range(300)]


def test_everything_sent_is_handled_once_and_committed(
    kafka_bootstrap: str, topic: str, producer: Producer, consumers: Consumers
) -> None:
    producer.send_all(records(topic, ORDERS))
    consumer = consumers.start()
    eventually(lambda: len(consumer.done) >= len(ORDERS), what="all orders handled")
    consumer.end()
    assert sorted(consumer.done) == sorted(ORDERS)
    assert committed(kafka_bootstrap, topic) == len(ORDERS)


def test_messages_of_one_key_arrive_in_the_order_they_were_sent(
    topic: str, producer: Producer, consumers: Consumers
) -> None:
    producer.send_all(records(topic, ORDERS))
    consumer = consumers.start()
    eventually(lambda: len(consumer.done) >= len(ORDERS), what="all orders handled")
    of_one_key = [order for order in ORDERS if order.startswith("key7 ")]
    assert [order for order in consumer.done if order.startswith("key7 ")] == of_one_key


def test_three_malformed_among_good_ones_become_dead_letters_and_nothing_waits_for_them(
    kafka_bootstrap: str, topic: str, producer: Producer, consumers: Consumers
) -> None:
    mixed = [*ORDERS[:50], "bad 1", *ORDERS[50:100], "bad 2", "bad 3", *ORDERS[100:]]
    producer.send_all(records(topic, mixed))
    consumer = consumers.start()
    eventually(lambda: len(consumer.done) >= len(ORDERS), what="the good ones handled")
    dead = read_all(kafka_bootstrap, dead_letters_of(topic), 3)
    assert sorted(record.value for record in dead) == [b"bad 1", b"bad 2", b"bad 3"]
    headers = dict(dead[0].headers)
    assert headers["dlq_cause"] == b"malformed"
    assert headers["dlq_topic"] == topic.encode()
    eventually(lambda: committed(kafka_bootstrap, topic) == len(mixed), what="dead letters count as settled")
    assert consumer.ready() == ""


def test_a_message_that_keeps_failing_becomes_a_dead_letter_and_its_neighbours_are_handled(
    kafka_bootstrap: str, topic: str, producer: Producer, consumers: Consumers
) -> None:
    def before_done(batch: list[Message]) -> None:
        if any(message.event == "key3 order 3" for message in batch):
            raise RuntimeError("not this one")

    producer.send_all(records(topic, ORDERS[:40]))
    consumer = consumers.start(before_done)
    eventually(lambda: len(consumer.done) >= 39, what="the neighbours handled")
    (dead,) = read_all(kafka_bootstrap, dead_letters_of(topic), 1)
    assert dead.value == b"key3 order 3"
    assert dict(dead.headers)["dlq_cause"] == b"failed"


def test_what_a_killed_consumer_had_not_committed_is_delivered_again(
    kafka_bootstrap: str, topic: str, producer: Producer, consumers: Consumers
) -> None:
    producer.send_all(records(topic, ORDERS[:30]))
    command = [sys.executable, "-m", "tests.integration.service_kit.stuck_consumer", kafka_bootstrap, topic]
    stuck = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert stuck.stdout is not None
    with stuck.stdout:
        assert "handling" in next(line for line in stuck.stdout if "handling" in line)
        os.kill(stuck.pid, signal.SIGKILL)
        stuck.wait()
    consumer = consumers.start()
    eventually(lambda: len(consumer.done) >= 30, what="the killed one's messages handled by another", within_seconds=40)
    assert sorted(consumer.done) == sorted(ORDERS[:30])


def test_a_store_that_is_down_holds_the_messages_back_and_loses_none(
    kafka_bootstrap: str, topic: str, producer: Producer, consumers: Consumers
) -> None:
    store_is_up = threading.Event()

    def before_done(batch: list[Message]) -> None:
        if not store_is_up.is_set():
            raise StoreDown("connection refused")

    # It has to wait longer than it may stay away from poll(): only a consumer that polls meanwhile remains a member.
    impatient = replace(SETTINGS, max_poll_interval_seconds=1.0, max_batch=50)
    producer.send_all(records(topic, ORDERS))
    consumer = consumers.start(before_done, impatient)
    down = {"error_type": "dependency_down"}
    eventually(lambda: consumer.metric("messaging_consumer_retries_total", **down) >= 60, what="60 tries in vain")
    assert "StoreDown" in consumer.ready()
    assert consumer.metric("messaging_consumer_dependency_down") == 1
    assert committed(kafka_bootstrap, topic) == 0
    store_is_up.set()
    eventually(lambda: len(consumer.done) >= len(ORDERS), what="everything handled once the store is back")
    assert sorted(consumer.done) == sorted(ORDERS)
    assert consumer.ready() == ""
    assert consumer.metric("messaging_consumer_rebalances_total", kind="lost") == 0
    assert consumer.metric("messaging_consumer_dead_letters_total", cause="failed") == 0
    eventually(lambda: committed(kafka_bootstrap, topic) == len(ORDERS), what="all committed")


def test_a_consumer_that_waits_for_its_store_takes_part_when_another_joins(
    topic: str, producer: Producer, consumers: Consumers
) -> None:
    store_is_up = threading.Event()

    def before_done(batch: list[Message]) -> None:
        if not store_is_up.is_set():
            raise StoreDown("connection refused")

    producer.send_all(records(topic, ORDERS))
    first = consumers.start(before_done)
    eventually(lambda: first.metric("messaging_consumer_dependency_down") == 1, what="the first waits")

    second = consumers.start(before_done)

    eventually(lambda: second.metric("messaging_consumer_dependency_down") == 1, what="the second has messages too")
    store_is_up.set()
    eventually(lambda: set(consumers.done()) == set(ORDERS), what="everything handled by the two")
    assert first.metric("messaging_consumer_rebalances_total", kind="lost") == 0


@pytest.mark.parametrize("paused", [False, True])
def test_a_poll_does_not_spin_while_a_heartbeat_is_overdue(kafka_bootstrap: str, topic: str, paused: bool) -> None:
    """As it is for as long as the broker is frozen. Left alone, kafka-python goes round hundreds of times in this."""
    client = open_consumer(bootstrap_servers=kafka_bootstrap, group_id=f"{topic}-spin", enable_auto_commit=False)
    client.subscribe([topic])
    try:
        eventually(lambda: client.poll(timeout_ms=100) or client.assignment(), what="it has partitions")
        if paused:
            client.pause(*client.assignment())
        client._coordinator.heartbeat.time_to_next_heartbeat = lambda: 0.0
        rounds = Rounds(client._coordinator.poll)
        client._coordinator.poll = rounds

        client.poll(timeout_ms=500)

        assert 1 <= rounds.count <= 20
    finally:
        client.close()


class Rounds:
    def __init__(self, poll: Callable[..., bool]) -> None:
        self._poll = poll
        self.count = 0

    def __call__(self, **options: Any) -> bool:
        self.count += 1
        return self._poll(**options)


def test_a_consumer_halts_when_most_messages_are_dead_letters_and_says_why(
    kafka_bootstrap: str, topic: str, producer: Producer, consumers: Consumers
) -> None:
    producer.send_all(records(topic, [f"bad {number}" for number in range(1000)]))
    consumer = consumers.start(settings=replace(SETTINGS, limit=DlqLimit(window=100, share=0.5, minimum=20)))
    eventually(lambda: consumer.metric("messaging_consumer_halted") == 1, what="halted")
    assert consumer.ready().startswith("halted: 20 of the last 20 messages went to the dead letters")
    assert consumer.metric("messaging_consumer_dead_letters_total", cause="malformed") == 20
    assert committed(kafka_bootstrap, topic) == 20


def test_a_stop_commits_what_is_done_so_that_the_next_one_begins_behind_it(
    topic: str, producer: Producer, consumers: Consumers
) -> None:
    producer.send_all(records(topic, ORDERS[:100]))
    first = consumers.start()
    eventually(lambda: len(first.done) >= 100, what="the first hundred handled")
    first.end()
    producer.send_all(records(topic, ORDERS[100:]))
    second = consumers.start()
    eventually(lambda: len(second.done) >= 200, what="the others handled by the second")
    assert sorted(second.done) == sorted(ORDERS[100:])


def test_a_second_member_takes_partitions_over_and_nothing_is_lost(
    topic: str, producer: Producer, consumers: Consumers
) -> None:
    first = consumers.start()
    assigned = {"kind": "assigned"}
    eventually(lambda: first.metric("messaging_consumer_rebalances_total", **assigned) >= 1, what="first has joined")
    producer.send_all(records(topic, ORDERS[:100]))
    second = consumers.start()
    eventually(lambda: second.metric("messaging_consumer_rebalances_total", **assigned) >= 1, what="second has joined")
    producer.send_all(records(topic, ORDERS[100:]))
    eventually(lambda: set(consumers.done()) == set(ORDERS), what="every order handled by one of the two")
    assert second.done


def test_dead_letters_that_cannot_be_published_keep_their_messages_uncommitted(
    kafka_bootstrap: str, topic: str, producer: Producer, consumers: Consumers
) -> None:
    producer.send_all(records(topic, ["bad 1"]))
    consumer = consumers.start(dlq_bootstrap="127.0.0.1:1")
    eventually(lambda: "PublishFailed" in consumer.ready(), what="it says that the dead letters can't be published")
    assert committed(kafka_bootstrap, topic) == 0


def test_the_trace_of_a_message_goes_on_in_the_handler(topic: str, producer: Producer, consumers: Consumers) -> None:
    spans = InMemorySpanExporter()
    tracing.configure("tests", span_exporter=spans)
    seen: list[str | None] = []
    consumer = consumers.start(lambda batch: seen.append(tracing.current_traceparent()))
    with tracing.span("publish", force=True):
        headers: list[tuple[str, bytes]] = []
        tracing.inject(headers)
        sent = tracing.current_traceparent()
    producer.send_all([Record(topic, b"key", b"an order", headers)])
    eventually(lambda: seen, what="handled")
    consumer.end()
    assert sent is not None
    assert (seen[0] or "").split("-")[1] == sent.split("-")[1]
    tracing.shutdown()
    assert [span.name for span in spans.get_finished_spans()] == ["publish", f"process {topic}"]


def test_a_join_that_no_poll_waits_for_is_ended_all_the_same(
    kafka_bootstrap: str, topic: str, producer: Producer, consumers: Consumers
) -> None:
    consumer = consumers.start(settings=replace(SETTINGS, poll_seconds=0.002))
    eventually(lambda: consumer.metric("messaging_consumer_rebalances_total", kind="assigned") == 1, what="assigned")

    admin = KafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    admin.create_partitions({topic: 9})
    admin.close()

    eventually(
        lambda: consumer.metric("messaging_consumer_rebalances_total", kind="assigned") == 2, what="the new ones"
    )
    producer.send_all(records(topic, ORDERS))
    eventually(lambda: len(consumer.done) >= len(ORDERS), what="all orders handled")


def test_a_client_that_is_out_of_its_group_and_does_not_know_is_replaced(
    topic: str, producer: Producer, consumers: Consumers
) -> None:
    consumer = consumers.start(settings=replace(SETTINGS, rejoin_seconds=1.0))
    eventually(lambda: consumer.metric("messaging_consumer_rebalances_total", kind="assigned") == 1, what="assigned")

    lost = consumer.loop._client._coordinator
    lost.need_rejoin = lambda: False
    lost.reset_generation()

    producer.send_all(records(topic, ORDERS))
    eventually(lambda: len(consumer.done) >= len(ORDERS), what="handled by the new one", within_seconds=30)
    assert sorted(consumer.done) == sorted(ORDERS)
