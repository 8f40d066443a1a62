from __future__ import annotations

import socket

import pytest
from prometheus_client import CollectorRegistry

from service_kit.kafka import Producer, PublishFailed, Record
from service_kit.metrics import MessagingMetrics
from tests.integration.service_kit.broker import read_all, records


def test_a_batch_is_on_the_topic_when_send_all_returns(kafka_bootstrap: str, topic: str, producer: Producer) -> None:
    producer.send_all([Record(topic, b"key", b"value", [("ce_id", b"1")]), Record(topic, b"gone", None)])
    found = sorted(read_all(kafka_bootstrap, topic, 2), key=lambda record: record.key)
    assert [(record.key, record.value) for record in found] == [(b"gone", None), (b"key", b"value")]
    assert list(found[1].headers) == [("ce_id", b"1")]


def test_a_topic_that_does_not_exist_fails_the_batch_by_name(kafka_bootstrap: str) -> None:
    registry = CollectorRegistry()
    missing = "no-such-topic"
    producer = Producer(
        kafka_bootstrap, "tests", MessagingMetrics(registry), topics=[missing], delivery_timeout_seconds=2.0
    )
    with pytest.raises(PublishFailed, match=f"{missing}, key b'key'"):
        producer.send_all([Record(missing, b"key", b"value")])
    with pytest.raises(PublishFailed):
        producer.check()
    failed = {"messaging_destination_name": missing, "error_type": "timeout"}
    assert registry.get_sample_value("messaging_client_sent_messages_total", failed) == 1
    producer.close()


def test_a_record_that_is_too_large_is_refused_and_the_next_batch_goes_through(
    kafka_bootstrap: str, topic: str, producer: Producer
) -> None:
    with pytest.raises(PublishFailed) as failure:
        producer.send_all([Record(topic, b"key", b"x" * 3_000_000)])
    assert failure.value.error_type == "refused"
    producer.send_all(records(topic, ["key small"]))
    producer.check()
    assert read_all(kafka_bootstrap, topic, 1)[0].value == b"key small"


def test_a_broker_that_is_away_fails_the_batch_at_once_and_the_producer_recovers(
    kafka_bootstrap: str, topic: str
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        away = f"127.0.0.1:{closed.getsockname()[1]}"
        addresses = [[away], [kafka_bootstrap]]
        producer = Producer(away, "tests", MessagingMetrics(CollectorRegistry()), topics=[topic])
        with pytest.raises(PublishFailed, match="no broker answers at"):
            producer.send_all(records(topic, ["key one"]))
        producer._servers = addresses[1]
        producer.send_all(records(topic, ["key one"]))
    producer.check()
    producer.close()
